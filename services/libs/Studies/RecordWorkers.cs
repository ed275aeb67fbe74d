using System.Threading.Tasks.Dataflow;

namespace MedMoE.Mesh.Studies;

/// <summary>A record after its preparation: the value, or what is wrong with the record.</summary>
public readonly record struct Prepared<T>(string Name, T? Value, string? Fault)
    where T : class;

/// <summary>Prepares records in parallel and ahead of the reader; the order is kept.</summary>
/// <param name="workers">Records prepared at the same time.</param>
/// <param name="ahead">Limit of records that are being prepared or wait for the reader.</param>
public sealed class RecordWorkers(int workers, int ahead)
{
    /// <summary>Lazy and synchronous, because a model belongs to one thread. Disposing of the enumerator waits for the workers.</summary>
    /// <param name="records">Read by another thread, one at a time.</param>
    /// <param name="prepare">Thread-safe. A <see cref="BadRecordException"/> becomes a fault; any other exception ends the enumeration.</param>
    /// <param name="cancellation">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<Prepared<T>> Prepare<T>(
        IEnumerable<StudyRecord> records, Func<StudyRecord, T> prepare, CancellationToken cancellation = default)
        where T : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var block = new TransformBlock<StudyRecord, Prepared<T>>(record => Prepare(record, prepare), new ExecutionDataflowBlockOptions
        {
            MaxDegreeOfParallelism = workers,
            BoundedCapacity = Math.Max(workers, ahead),
            EnsureOrdered = true,
            CancellationToken = stop.Token,
        });
        var reader = Task.Run(() => Feed(records, block, stop.Token), CancellationToken.None);
        try
        {
            while (block.OutputAvailableAsync(stop.Token).GetAwaiter().GetResult())
            {
                while (block.TryReceive(out var prepared))
                {
                    yield return prepared;
                }
            }
            // Rethrow exceptions of the reader or the workers.
            block.Completion.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            // A completed block ends only after its results are consumed.
            block.LinkTo(DataflowBlock.NullTarget<Prepared<T>>());
            Task.WhenAll(reader, block.Completion).ContinueWith(ended => ended.Exception, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private static async Task Feed(IEnumerable<StudyRecord> records, ITargetBlock<StudyRecord> block, CancellationToken cancellation)
    {
        try
        {
            foreach (var record in records)
            {
                if (!await block.SendAsync(record, cancellation))
                {
                    return;
                }
            }
            block.Complete();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            block.Fault(e);
        }
    }

    private static Prepared<T> Prepare<T>(StudyRecord record, Func<StudyRecord, T> prepare)
        where T : class
    {
        try
        {
            return new Prepared<T>(record.Name, prepare(record), null);
        }
        catch (BadRecordException e)
        {
            return new Prepared<T>(record.Name, null, e.Message);
        }
    }
}
