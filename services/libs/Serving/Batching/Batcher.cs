using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>
/// Dynamic batching between concurrent callers and one model: a bounded queue that callers share fairly, and one thread that forms and runs batches.
/// Callers see only tasks; the model's tensors belong to that thread.
/// </summary>
/// <remarks>
/// An accepted request ends in exactly one of: its result; the model's exception; while queued, <see cref="TimeoutException"/> past its deadline or
/// <see cref="OperationCanceledException"/> when cancelled. In the last two cases it never reaches the model. A batch that runs out of memory is
/// repeated item by item, so an item may reach the model twice.
/// </remarks>
public sealed class Batcher<TItem, TResult> : IDisposable
{
    private readonly BatcherOptions _options;
    private readonly Func<IReadOnlyList<TItem>, IReadOnlyList<TResult>> _run;
    private readonly Func<IReadOnlyList<TItem>, TItem, bool> _fits;
    private readonly BatcherMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ITimer _delayOver;
    private readonly Thread _thread;

    // Guards the fields below; the model's thread waits on it.
    private readonly object _gate = new();
    private readonly FairQueue<Entry> _queue = new();
    private readonly ServicePace _pace = new();
    private List<Entry> _posted = [];
    private bool _draining;

    /// <summary>
    /// <paramref name="run"/> runs a batch on the model's thread and returns one result per item, in order. <paramref name="fits"/> decides whether
    /// an item may join a batch; null: only the count limits it. A single item always fits.
    /// </summary>
    public Batcher(
        BatcherOptions options, Func<IReadOnlyList<TItem>, IReadOnlyList<TResult>> run, BatcherMetrics metrics,
        Func<IReadOnlyList<TItem>, TItem, bool>? fits = null, TimeProvider? time = null)
    {
        _options = options;
        _run = run;
        _fits = fits ?? ((_, _) => true);
        _metrics = metrics;
        _time = time ?? TimeProvider.System;
        _delayOver = _time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Work) { IsBackground = true, Name = "model" };
        _thread.Start();
    }

    /// <inheritdoc cref="SubmitAll"/>
    public Task<Batched<TResult>> Submit(TItem item, DateTimeOffset? deadline = null, CancellationToken cancellation = default) =>
        SubmitAll([item], deadline, cancellation)[0];

    /// <summary>
    /// Queues the requests of one caller, either all or none. Past the deadline the results are not needed; a null deadline never passes.
    /// </summary>
    /// <exception cref="QueueFullException">
    /// The queue is full, or cannot be served before the deadline. Thrown at once; a task has it if the request gave its place to a caller with
    /// fewer.
    /// </exception>
    /// <exception cref="DrainingException">The batcher is stopping. Thrown at once.</exception>
    public Task<Batched<TResult>>[] SubmitAll(IReadOnlyList<TItem> items, DateTimeOffset? deadline = null, CancellationToken cancellation = default)
    {
        var (arrived, share) = (_time.GetTimestamp(), CallerShare.Current);
        Entry[] entries = [.. items.Select(item => new Entry(item, deadline, cancellation, arrived))];
        lock (_gate)
        {
            if (_draining)
            {
                throw new DrainingException();
            }
            RequireInTime(entries.Length, share, deadline);
            foreach (var victim in InTheWayOf(entries.Length, share))
            {
                _queue.Remove(victim);
                _metrics.Dropped();
                _metrics.Refused(1);
                victim.Item.Result.TrySetException(Full());
            }
            foreach (var entry in entries)
            {
                _queue.Add(entry, share);
            }
            _metrics.Accepted(entries.Length);
            Monitor.Pulse(_gate);
        }
        return Array.ConvertAll(entries, entry => entry.Result.Task);
    }

    /// <summary>
    /// Refuses a request that <see cref="Submit"/> would refuse now: call it before work that would then be for nothing, such as decoding.
    /// </summary>
    /// <exception cref="QueueFullException">The queue is full, or cannot be served before the deadline.</exception>
    public void RequireRoom(DateTimeOffset? deadline)
    {
        lock (_gate)
        {
            RequireInTime(1, CallerShare.Current, deadline);
            InTheWayOf(1, CallerShare.Current);
        }
    }

    /// <summary>
    /// Queues work that must always run, such as cleaning up. It is never refused, runs before all queued requests in a batch of its own, and has no
    /// result. It is lost only if the model's thread has ended.
    /// </summary>
    public void Post(TItem item)
    {
        var entry = new Entry(item, Deadline: null, CancellationToken.None, _time.GetTimestamp());
        // Observe the exception, so that it is not reported as unobserved.
        _ = entry.Result.Task.ContinueWith(ended => ended.Exception, TaskScheduler.Default);
        lock (_gate)
        {
            _posted.Add(entry);
            _metrics.Accepted(1);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Refuses new requests, runs the queued ones, and returns when the model's thread has ended.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
            Monitor.Pulse(_gate);
        }
        _thread.Join();
    }

    public void Dispose()
    {
        Drain();
        _delayOver.Dispose();
    }

    private void Work()
    {
        while (NextBatch() is { } batch)
        {
            var started = _time.GetTimestamp();
            Run(batch.Entries);
            if (!batch.IsPosted)
            {
                lock (_gate)
                {
                    _pace.Served(batch.Entries.Count, _time.GetElapsedTime(started), batch.LeavesMore);
                }
            }
        }
    }

    /// <summary>Waits until a batch is due and takes it from the queue; null after draining.</summary>
    private Batch? NextBatch()
    {
        lock (_gate)
        {
            while (true)
            {
                DropExpired();
                if (_posted.Count > 0)
                {
                    var posted = _posted;
                    _posted = [];
                    return new Batch(posted, IsPosted: true, LeavesMore: false);
                }
                if (_queue.Count > 0)
                {
                    var batch = Form();
                    var waited = _time.GetElapsedTime(_queue.InOrder.Min(node => node.Item.Arrived));
                    var complete = batch.Count == _options.MaxBatchSize || batch.Count < _queue.Count;
                    if (complete || _draining || waited >= _options.MaxQueueDelay)
                    {
                        batch.ForEach(_queue.Take);
                        return new Batch([.. batch.Select(node => node.Item)], IsPosted: false, LeavesMore: _queue.Count > 0);
                    }
                    _delayOver.Change(_options.MaxQueueDelay - waited, Timeout.InfiniteTimeSpan);
                }
                else if (_draining)
                {
                    return null;
                }
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>As many items from the head of the queue as fit into one batch.</summary>
    private List<FairQueue<Entry>.Node> Form()
    {
        var batch = new List<FairQueue<Entry>.Node>();
        var items = new List<TItem>();
        foreach (var node in _queue.InOrder)
        {
            if (batch.Count > 0 && (batch.Count == _options.MaxBatchSize || !_fits(items, node.Item.Item)))
            {
                break;
            }
            batch.Add(node);
            items.Add(node.Item.Item);
        }
        return batch;
    }

    private void Run(List<Entry> batch)
    {
        var started = _time.GetTimestamp();
        foreach (var entry in batch)
        {
            _metrics.Started(_time.GetElapsedTime(entry.Arrived, started));
        }
        try
        {
            RunTogether(batch);
        }
        catch (Exception e) when (batch.Count > 1 && MemoryFailure.Is(e))
        {
            // Each item may fit alone. One that does not fails without the others.
            batch.ForEach(entry => RunAlone(entry));
        }
        catch (Exception e)
        {
            // The callers report it; the thread continues with the next batch.
            batch.ForEach(entry => entry.Result.TrySetException(e));
        }
        finally
        {
            _metrics.Ended(batch.Count);
        }
    }

    private void RunAlone(Entry entry)
    {
        try
        {
            RunTogether([entry]);
        }
        catch (Exception e)
        {
            entry.Result.TrySetException(e);
        }
    }

    private void RunTogether(List<Entry> batch)
    {
        var started = _time.GetTimestamp();
        IReadOnlyList<TResult> results;
        try
        {
            results = _run([.. batch.Select(e => e.Item)]);
        }
        finally
        {
            _metrics.Ran(batch.Count, _time.GetElapsedTime(started));
        }
        if (results.Count != batch.Count)
        {
            throw new InvalidOperationException($"{results.Count} results for {batch.Count} items");
        }
        var model = _time.GetElapsedTime(started);
        foreach (var (entry, result) in batch.Zip(results))
        {
            entry.Result.SetResult(new Batched<TResult>(result, _time.GetElapsedTime(entry.Arrived, started), model, batch.Count));
        }
    }

    /// <exception cref="QueueFullException">The last of these would be served after its deadline.</exception>
    private void RequireInTime(int entries, CallerShare share, DateTimeOffset? deadline)
    {
        if (deadline is not { } end || IsInTime())
        {
            return;
        }
        // Expired and cancelled items are not served.
        DropExpired();
        if (!IsInTime())
        {
            _metrics.Refused(entries);
            throw _pace.Refusal(_queue.AheadOf(share, entries), Left(), _options.RetryAfter);
        }

        // What finds nobody waiting is always tried: an old pace may be wrong, and only work shows a new one.
        bool IsInTime() => _queue.Count == 0 || _pace.IsInTime(_queue.AheadOf(share, entries), Left());

        TimeSpan Left() => end - _time.GetUtcNow();
    }

    /// <summary>Requests that must leave the queue so that these find room; mostly none.</summary>
    /// <exception cref="QueueFullException">There is no room, nor a caller with more for its weight.</exception>
    private IReadOnlyList<FairQueue<Entry>.Node> InTheWayOf(int entries, CallerShare share)
    {
        if (_queue.Count + entries > _options.QueueCapacity)
        {
            // Expired and cancelled items do not count against the capacity.
            DropExpired();
        }
        var missing = _queue.Count + entries - _options.QueueCapacity;
        if (missing <= 0)
        {
            return [];
        }
        if (entries > _options.QueueCapacity || _queue.VictimsFor(share, missing) is not { } victims)
        {
            _metrics.Refused(entries);
            throw Full();
        }
        return victims;
    }

    private QueueFullException Full() => new(_options.QueueCapacity, _options.RetryAfter);

    private void DropExpired()
    {
        var now = _time.GetUtcNow();
        foreach (var node in _queue.InOrder.Where(n => n.Item.Cancellation.IsCancellationRequested || n.Item.Deadline <= now).ToArray())
        {
            var entry = node.Item;
            _queue.Remove(node);
            _metrics.Dropped();
            _ = entry.Cancellation.IsCancellationRequested
                ? entry.Result.TrySetCanceled(entry.Cancellation)
                : entry.Result.TrySetException(new TimeoutException("the deadline passed while the request was queued"));
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A batch, and whether others waited when it was taken.</summary>
    private sealed record Batch(List<Entry> Entries, bool IsPosted, bool LeavesMore);

    private sealed record Entry(TItem Item, DateTimeOffset? Deadline, CancellationToken Cancellation, long Arrived)
    {
        // Continuations must not run on the model's thread.
        public TaskCompletionSource<Batched<TResult>> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
