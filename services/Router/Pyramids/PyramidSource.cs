using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>
/// Pyramids, from the cache or the backbone. Concurrent readers of an image share one pyramid; when the last one leaves, the call to the backbone
/// is cancelled.
/// </summary>
internal sealed class PyramidSource(
    MeshChannels channels, FeatureCache cache, KnownModels models, IOptions<RouterOptions> options, TimeProvider time)
{
    /// <summary>How long a finished pyramid is shared by those who hold it. After that the cache says what is valid.</summary>
    private static readonly TimeSpan _shared = TimeSpan.FromSeconds(1);

    private readonly SharedWork<Flight> _flights = new(flight => !flight.Pyramid.Summary.IsCompleted, flight => flight.MayBeJoined(time));

    /// <summary>
    /// Opens an image's pyramid, which is made when a reader starts it. It is made once for all who hold a reader at the same time, whatever the
    /// cache does; so a request holds one for as long as it runs.
    /// </summary>
    public Reader Open(ImageContent image) => new(this, image, Join(image));

    /// <summary>The pooled feature and who made it, without the levels where the cache has it.</summary>
    /// <exception cref="RpcException">The backbone cannot be reached or refuses the image.</exception>
    public async Task<PyramidSummary> Summary(Reader reader, CancellationToken cancellation) =>
        await KnownSummary(reader.Image, cancellation)
        ?? await Attempts.OnceMore(MeshService.Backbone, () => reader.Start().Summary.WaitAsync(cancellation));

    /// <summary>The same, or null where the backbone would have to run for it.</summary>
    public async Task<PyramidSummary?> KnownSummary(ImageContent image, CancellationToken cancellation)
    {
        var model = await models.Of(MeshService.Backbone, cancellation);
        return await cache.Get(PyramidEntry.Pooled, Key(image, model)) is { } pooled ? new PyramidSummary(pooled, model, Timing: null) : null;
    }

    /// <summary>The key of an image's pyramid by this backbone.</summary>
    public string Key(ImageContent image, ModelInfo backbone) => PyramidEntry.Key(image.Hash, options.Value.PyramidType, backbone);

    private SharedWork<Flight>.Hold Join(ImageContent image, TriedReplicas? tried = null) =>
        _flights.Join(image.Hash, abandoned => new Flight(abandoned, tried));

    private async Task Fill(Flight flight, ImageContent image)
    {
        // Yield first: not on the first reader's thread.
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
        var model = await models.Of(MeshService.Backbone, flight.Abandoned);
        if (await cache.Get(PyramidEntry.Levels, Key(image, model)) is { } known)
        {
            flight.IsKnown = true;
            Array.ForEach(known, flight.Pyramid.Add);
        }
        else
        {
            await Extract(flight, image);
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
            // Levels of two runs must not mix: they may be of different weights. A renewal is the second attempt already.
            mayRepeat: () => flight.Pyramid.Count == 0 && !flight.IsRenewal,
            flight.Tried);
        var cost = Stopwatch.GetElapsedTime(started);
        var summary = await flight.Pyramid.Summary;
        models.Saw(MeshService.Backbone, summary.Model);
        var key = Key(image, summary.Model);
        cache.Set(PyramidEntry.Pooled, key, summary.Pooled, cost);
        cache.Set(PyramidEntry.Levels, key, [.. levels], cost);
    }

    /// <summary>One request's hold on a pyramid. Whatever the request does with it, the backbone runs twice at most.</summary>
    internal sealed class Reader(PyramidSource source, ImageContent image, SharedWork<Flight>.Hold hold) : IDisposable
    {
        private readonly Lock _lock = new();
        private SharedWork<Flight>.Hold _hold = hold;
        private bool _cameLate = hold.Work.Pyramid.Summary.IsCompleted;
        private bool _isRenewed;
        private int _holders = 1;

        public ImageContent Image => image;

        /// <summary>
        /// What came with the last level, or null where that is not there. Its timing is null where this reader did not have to wait for it.
        /// </summary>
        public PyramidSummary? Finished => _hold.Work is var flight && flight.Pyramid.Summary is not { IsCompletedSuccessfully: true } summary ? null
            : flight.IsKnown || _cameLate ? summary.Result with { Timing = null }
            : summary.Result;

        /// <summary>
        /// The pyramid, on its way from now on at the latest. What goes wrong shows at its levels. One that broke off is started anew, once: a
        /// request may find that out long after it happened, and its attempts are counted all the same.
        /// </summary>
        public Pyramid Start()
        {
            Flight flight;
            lock (_lock)
            {
                if (_hold.Work is { BrokeOff: true } lost && !_isRenewed)
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

        /// <summary>
        /// The same reader for work that may outlast the request: to be disposed of once more. A new one where the request has gone.
        /// </summary>
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

    /// <param name="abandoned">Cancelled when no reader is left.</param>
    /// <param name="triedBefore">Where the one that this renews has been; null where it is the first.</param>
    internal sealed class Flight(CancellationToken abandoned, TriedReplicas? triedBefore)
    {
        private int _started;
        private volatile bool _failed;

        public Pyramid Pyramid { get; } = new();

        public CancellationToken Abandoned => abandoned;

        public bool IsKnown { get; set; }

        /// <summary>Whether it takes the place of one that broke off.</summary>
        public bool IsRenewal { get; } = triedBefore is not null;

        public TriedReplicas Tried { get; } = triedBefore ?? new TriedReplicas();

        /// <summary>Whether the backbone was lost in the middle, so that another run may do.</summary>
        public bool BrokeOff { get; private set; }

        /// <summary>When it was; null while it is under way, and where it failed.</summary>
        public long? Finished { get; set; }

        /// <summary>A finished one is shared for a while; one that failed is not: its readers may renew it once.</summary>
        public bool MayBeJoined(TimeProvider time) =>
            !_failed && (Finished is not { } finished || time.GetElapsedTime(finished) <= _shared);

        /// <summary>True for the first one who asks.</summary>
        public bool TryStart() => Interlocked.Exchange(ref _started, 1) == 0;

        public void Fail(Exception reason)
        {
            // In this order: a reader that sees BrokeOff must not join this flight again.
            _failed = true;
            BrokeOff = Attempts.IsBrokenOff(reason);
            Pyramid.Fail(reason);
        }
    }
}
