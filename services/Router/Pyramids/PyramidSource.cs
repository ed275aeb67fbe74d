using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>Pyramids, from the cache or the backbone. Concurrent readers share one; the last to leave cancels the backbone call.</summary>
internal sealed class PyramidSource(MeshChannels channels, FeatureCache cache, KnownModels models, IOptions<RouterOptions> options, TimeProvider time)
{
    /// <summary>How long a finished pyramid may be shared with new readers. After that only the cache decides whether it is valid.</summary>
    private static readonly TimeSpan _shared = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _retryAfter = TimeSpan.FromMilliseconds(100);

    private readonly Places _turns = new(new PlacesOptions
    {
        AtOnce = options.Value.MaxExtractions,
        Waiting = options.Value.QueueCapacity,
        RetryAfter = _retryAfter,
    });

    /// <summary>Pyramids of one backbone have one size: when one was too large for the cache, routers do not wait for each other's.</summary>
    private volatile bool _areKept = true;

    private readonly SharedWork<Flight> _flights = new(flight => !flight.Pyramid.Summary.IsCompleted, flight => flight.MayBeJoined(time));

    /// <summary>
    /// Opens an image's pyramid, which is extracted when a reader starts it. Concurrent readers share one extraction, even if the cache fails, so a
    /// request keeps its reader until it ends.
    /// </summary>
    public Reader Open(ImageContent image)
    {
        AuditNotes.Current?.Saw(image.Hash);
        return new Reader(this, image, Join(image));
    }

    /// <summary>The pooled feature and its model; does not read the levels if the feature is cached.</summary>
    /// <exception cref="RpcException">The backbone is unreachable or refuses the image.</exception>
    public async Task<PyramidSummary> Summary(Reader reader, CancellationToken cancellation) =>
        await KnownSummary(reader.Image, cancellation)
        ?? await Attempts.OnceMore(MeshService.Backbone, () => reader.Start().Summary.WaitAsync(cancellation));

    /// <summary>The same from the cache, or null if the backbone would have to run.</summary>
    public async Task<PyramidSummary?> KnownSummary(ImageContent image, CancellationToken cancellation)
    {
        var model = await models.Of(MeshService.Backbone, cancellation);
        return await cache.Get(PyramidEntry.Pooled, Key(image, model)) is { } pooled ? new PyramidSummary(pooled, model, Timing: null) : null;
    }

    public string Key(ImageContent image, ModelInfo backbone) => PyramidEntry.Key(image.Hash, options.Value.PyramidType, backbone);

    private SharedWork<Flight>.Hold Join(ImageContent image, TriedReplicas? tried = null)
    {
        var hold = _flights.Join(image.Hash, abandoned => new Flight(abandoned, tried));
        hold.Work.ReadUntil(CallDeadline.Current);
        return hold;
    }

    private async Task Fill(Flight flight, ImageContent image)
    {
        // Yield first: the work must not run on the first reader's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Find(flight, image);
            flight.Finished = time.GetTimestamp();
        }
        catch (Exception e)
        {
            flight.Fail(e);
        }
    }

    private async Task Find(Flight flight, ImageContent image)
    {
        var key = Key(image, await models.Of(MeshService.Backbone, flight.Abandoned));
        // One that waits for another router's pyramid takes no turn.
        var (known, lease) = _areKept
            ? await cache.GetOrLease(PyramidEntry.Levels, key, flight.Abandoned)
            : (await cache.Get(PyramidEntry.Levels, key), null);
        using var held = lease;
        if (known is not null)
        {
            flight.IsKnown = true;
            Array.ForEach(known, flight.Pyramid.Add);
        }
        else
        {
            // Callers take turns here: calls that the backbone refuses, its queue being full, cost the router as much as others' work.
            await _turns.Run(() => Extract(flight, image), flight.Deadline, flight.Abandoned);
        }
    }

    private async Task Extract(Flight flight, ImageContent image)
    {
        var started = Stopwatch.GetTimestamp();
        var deadline = DateTime.UtcNow + options.Value.Timeout;
        var levels = await Attempts.OnceMore(
            MeshService.Backbone,
            async () =>
            {
                using var call = channels.Of(MeshService.Backbone).AsyncServerStreamingCall(
                    RelayMethods.ExtractPyramid, host: null,
                    new CallOptions(deadline: deadline, cancellationToken: flight.Abandoned),
                    new ExtractPyramidRequest { Image = image.Image, DataType = options.Value.PyramidType });
                var received = new List<RelayMessage>(Pyramid.Levels);
                await foreach (var level in call.ResponseStream.ReadAllAsync(flight.Abandoned))
                {
                    received.Add(level);
                    flight.Pyramid.Add(level);
                }
                return received.Count == Pyramid.Levels ? received : throw new InvalidDataException($"the backbone sent {received.Count} levels");
            },
            // Levels of two runs must not mix, because their weights may differ. A renewal is already the second attempt.
            mayRepeat: () => flight.Pyramid.Count == 0 && !flight.IsRenewal,
            flight.Tried);
        var cost = Stopwatch.GetElapsedTime(started);
        var summary = await flight.Pyramid.Summary;
        models.Update(MeshService.Backbone, summary.Model);
        var key = Key(image, summary.Model);
        cache.Set(PyramidEntry.Pooled, key, summary.Pooled, cost);
        _areKept = cache.Set(PyramidEntry.Levels, key, [.. levels], cost);
    }

    /// <summary>One request's reference to a pyramid. However the request uses it, the backbone runs at most twice.</summary>
    internal sealed class Reader(PyramidSource source, ImageContent image, SharedWork<Flight>.Hold hold) : IDisposable
    {
        private readonly Lock _lock = new();
        private SharedWork<Flight>.Hold _hold = hold;
        private bool _cameLate = hold.Work.Pyramid.Summary.IsCompleted;
        private bool _isRenewed;
        private int _holders = 1;

        public ImageContent Image => image;

        /// <summary>The summary, or null if the pyramid is incomplete. Its timing is null if this reader did not have to wait for it.</summary>
        public PyramidSummary? Finished => _hold.Work is var flight && flight.Pyramid.Summary is not { IsCompletedSuccessfully: true } summary ? null
            : flight.IsKnown || _cameLate ? summary.Result with { Timing = null }
            : summary.Result;

        /// <summary>
        /// Starts the extraction, unless it runs already. Errors show at the levels. A pyramid whose connection was lost is restarted once, even if
        /// the request notices only later, and its attempts still count.
        /// </summary>
        public Pyramid Start()
        {
            Flight flight;
            lock (_lock)
            {
                if (_hold.Work is { IsLost: true } lost && !_isRenewed)
                {
                    _hold.Dispose();
                    (_hold, _cameLate, _isRenewed) = (source.Join(image, lost.Tried), false, true);
                }
                flight = _hold.Work;
            }
            if (flight.TryStart())
            {
                _ = source.Fill(flight, image);
            }
            return flight.Pyramid;
        }

        /// <summary>This reader, for work that may outlast the request; dispose of it once more. A new reader if the request has ended.</summary>
        public Reader Share()
        {
            lock (_lock)
            {
                if (_holders > 0)
                {
                    _holders++;
                    return this;
                }
            }
            return source.Open(image);
        }

        public void Dispose()
        {
            lock (_lock)
            {
                if (--_holders > 0)
                {
                    return;
                }
            }
            _hold.Dispose();
        }
    }

    /// <summary>One extraction. <paramref name="triedBefore"/>: replicas tried by the flight that it renews, or null.</summary>
    internal sealed class Flight(CancellationToken abandoned, TriedReplicas? triedBefore)
    {
        private readonly Lock _readers = new();
        private DateTimeOffset _deadline = DateTimeOffset.MinValue;
        private int _started;
        private volatile bool _failed;

        public Pyramid Pyramid { get; } = new();

        public CancellationToken Abandoned => abandoned;

        /// <summary>When the last of its readers no longer waits; null if one waits without end.</summary>
        public DateTimeOffset? Deadline
        {
            get
            {
                lock (_readers)
                {
                    return _deadline == DateTimeOffset.MaxValue ? null : _deadline;
                }
            }
        }

        public bool IsKnown { get; set; }

        /// <summary>Whether it replaces one whose connection was lost.</summary>
        public bool IsRenewal { get; } = triedBefore is not null;

        public TriedReplicas Tried { get; } = triedBefore ?? new TriedReplicas();

        /// <summary>Whether the connection to the backbone was lost, so that a second run may succeed.</summary>
        public bool IsLost { get; private set; }

        /// <summary>Timestamp of the end; null while running and after a failure.</summary>
        public long? Finished { get; set; }

        /// <summary>A finished flight may be shared for a while. A failed one may not: its readers may renew it once.</summary>
        public bool MayBeJoined(TimeProvider time) => !_failed && (Finished is not { } finished || time.GetElapsedTime(finished) <= _shared);

        /// <summary>Tells until when a reader waits.</summary>
        public void ReadUntil(DateTimeOffset? deadline)
        {
            lock (_readers)
            {
                _deadline = new[] { _deadline, deadline ?? DateTimeOffset.MaxValue }.Max();
            }
        }

        /// <summary>True for the first caller only.</summary>
        public bool TryStart() => Interlocked.Exchange(ref _started, 1) == 0;

        public void Fail(Exception reason)
        {
            // The order matters: a reader that sees IsLost must not join this flight again.
            _failed = true;
            IsLost = Attempts.IsLostCall(reason);
            Pyramid.Fail(reason);
        }
    }
}
