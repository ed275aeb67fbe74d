using System.Threading.Tasks.Dataflow;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// Reads and prepares studies ahead of whoever trains or evaluates on them, several at a time. What comes out, and what is skipped, is a
/// function of data and options: the studies keep their order, whichever of them is ready first.
/// </summary>
/// <remarks>
/// Enumerables are synchronous because a thread owns a model and its dispose scopes. Leaving one, to its end or not, returns only when its
/// workers have ended.
/// </remarks>
public sealed class StudyLoader(StudySource source, StudyPreparation preparation, LoaderOptions options)
{
    /// <summary>
    /// An epoch in batches. A last batch that is not full is dropped: contrastive losses are not comparable between sizes. The next epoch draws
    /// others; of report types that never fill one, each study is told of.
    /// </summary>
    /// <param name="epoch">From 0; with the seed it gives the order.</param>
    /// <param name="skipped">Told of what is left out.</param>
    /// <param name="skipBatches">Batches to leave out; those that follow are the ones a whole epoch has there.</param>
    /// <param name="cancellation">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StudyDataException">A label is none of the bundle's, or the epoch has no batch at all.</exception>
    public IEnumerable<PreparedBatch> Read(int epoch, SkippedRecords skipped, int skipBatches = 0, CancellationToken cancellation = default)
    {
        var order = new ShuffleOrder(options.Seed, epoch, options.ShuffleWindow);
        var waiting = new Dictionary<int, List<PreparedStudy>>();
        var batched = new HashSet<int>();
        var batches = 0;
        foreach (var study in Prepare(source.Read(order), skipped, cancellation))
        {
            var kind = options.Batches == BatchPlan.ByType ? study.ReportType : 0;
            if (!waiting.TryGetValue(kind, out var batch))
            {
                waiting[kind] = batch = new List<PreparedStudy>(options.BatchSize);
            }
            batch.Add(study);
            if (batch.Count == options.BatchSize)
            {
                waiting.Remove(kind);
                batched.Add(kind);
                // Which studies the batches left out have is only known once their images have been decoded: one that does not decode moves the rest.
                if (batches >= skipBatches)
                {
                    yield return new PreparedBatch(batches, batch);
                }
                batches++;
            }
        }
        if (options.Batches == BatchPlan.ByType)
        {
            foreach (var study in waiting.Where(type => !batched.Contains(type.Key)).SelectMany(type => type.Value))
            {
                var usable = waiting[study.ReportType].Count;
                skipped.Add(study.Key, $"its report type has {usable} usable studies, fewer than a batch of {options.BatchSize}");
            }
        }
        if (batches == 0)
        {
            var ofOneType = options.Batches == BatchPlan.ByType ? " of one report type" : "";
            var usable = waiting.Values.Sum(w => w.Count);
            throw new StudyDataException($"{source.Name}: no batch of {options.BatchSize}{ofOneType} in its {usable} usable studies");
        }
    }

    /// <summary>Every usable study, in the order of the data.</summary>
    /// <inheritdoc cref="Read"/>
    public IEnumerable<PreparedStudy> ReadAll(SkippedRecords skipped, CancellationToken cancellation = default) =>
        Prepare(source.Read(order: null), skipped, cancellation);

    private IEnumerable<PreparedStudy> Prepare(IEnumerable<StudyRecord> records, SkippedRecords skipped, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var workers = new TransformBlock<StudyRecord, Outcome>(Prepare, new ExecutionDataflowBlockOptions
        {
            MaxDegreeOfParallelism = options.Workers,
            BoundedCapacity = Math.Max(options.Workers, options.ReadAhead * options.BatchSize),
            EnsureOrdered = true,
            CancellationToken = stop.Token,
        });
        var reader = Task.Run(() => Feed(records, workers, stop.Token), CancellationToken.None);
        var usable = 0;
        SkippedRecord? first = null;
        try
        {
            while (workers.OutputAvailableAsync(stop.Token).GetAwaiter().GetResult())
            {
                while (workers.TryReceive(out var outcome))
                {
                    if (outcome.Study is { } study)
                    {
                        usable++;
                        yield return study;
                    }
                    else
                    {
                        first ??= new SkippedRecord(outcome.Key, outcome.Fault!);
                        skipped.Add(outcome.Key, outcome.Fault!);
                    }
                }
            }
            // Throws what reader or workers stumbled over.
            workers.Completion.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            // A block that had done all its work before ends only when what came of it is taken.
            workers.LinkTo(DataflowBlock.NullTarget<Outcome>());
            Task.WhenAll(reader, workers.Completion).ContinueWith(ended => ended.Exception, TaskScheduler.Default).Wait(CancellationToken.None);
        }
        if (usable == 0)
        {
            throw new StudyDataException($"{source.Name}: no usable study in it{(first is null ? "" : $"; the first: {first}")}");
        }
    }

    private static async Task Feed(IEnumerable<StudyRecord> records, TransformBlock<StudyRecord, Outcome> workers, CancellationToken cancellation)
    {
        try
        {
            foreach (var record in records)
            {
                if (!await workers.SendAsync(record, cancellation))
                {
                    return;
                }
            }
            workers.Complete();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ((IDataflowBlock)workers).Fault(e);
        }
    }

    private Outcome Prepare(StudyRecord record)
    {
        try
        {
            return new Outcome(record.Key, preparation.Prepare(record.Load()), null);
        }
        catch (BadRecordException e)
        {
            return new Outcome(record.Key, null, e.Message);
        }
    }

    /// <summary>A study, or why it is none.</summary>
    private readonly record struct Outcome(string Key, PreparedStudy? Study, string? Fault);
}
