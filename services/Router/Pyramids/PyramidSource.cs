using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>
/// Pyramids, from the cache or the backbone. Whoever opens one that somebody else holds reads the levels that are there already and waits for
/// the others with everybody else; when all of them have left, the backbone is told to stop.
/// </summary>
internal sealed class PyramidSource(
    MeshChannels channels, FeatureCache cache, KnownModels models, IOptions<RouterOptions> options, TimeProvider time)
{
    /// <summary>How long a finished pyramid is shared by those who hold it. After that the cache says what is valid.</summary>
    private static readonly TimeSpan _shared = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Flight> _flights = [];

    /// <summary>
    /// Opens an image's pyramid, which is made when a reader starts it. It is made once for all who hold a reader at the same time, whatever the
    /// cache does; so a request holds one for as long as it runs.
    /// </summary>
    public Reader Open(ImageContent image)
    {
        lock (_lock)
        {
            return new Reader(this, image, Join(image));
        }
    }

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

    private async Task Fill(Flight flight, ImageContent image)
    {
        // Not on the first reader's back.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Find(flight, image);
            flight.Finished = time.GetTimestamp();
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                // Later requests start a new one; the readers of this one may renew it once.
                flight.BrokeOff = Attempts.IsBrokenOff(e);
                Land(image, flight);
            }
            flight.Pyramid.Fail(e);
        }
    }

    private async Task Find(Flight flight, ImageContent image)
    {
        var model = await models.Of(MeshService.Backbone, flight.Abandoned.Token);
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
                    new CallOptions(deadline: deadline, cancellationToken: flight.Abandoned.Token),
                    new ExtractPyramidRequest { Image = image.Image, DataType = options.Value.PyramidType });
                var received = new List<RelayMessage>(Pyramid.Levels);
                await foreach (var level in call.ResponseStream.ReadAllAsync(flight.Abandoned.Token))
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

    /// <summary>Takes a place in the image's flight, or in a new one. Under the lock.</summary>
    private Flight Join(ImageContent image, Flight? renewed = null)
    {
        if (!_flights.TryGetValue(image.Hash, out var flight) || (flight.Finished is { } finished && time.GetElapsedTime(finished) > _shared))
        {
            flight = new Flight(renewed?.Tried);
            _flights[image.Hash] = flight;
        }
        flight.Readers++;
        return flight;
    }

    /// <summary>Gives a place back. Under the lock; returns whether it was the last.</summary>
    private bool Leave(ImageContent image, Flight flight)
    {
        if (--flight.Readers > 0)
        {
            return false;
        }
        Land(image, flight);
        return true;
    }

    private void Land(ImageContent image, Flight flight)
    {
        if (_flights.TryGetValue(image.Hash, out var current) && current == flight)
        {
            _flights.Remove(image.Hash);
        }
    }

    /// <summary>One request's hold on a pyramid. Whatever the request does with it, the backbone runs twice at most.</summary>
    internal sealed class Reader(PyramidSource source, ImageContent image, Flight flight) : IDisposable
    {
        private Flight _flight = flight;
        private bool _cameLate = flight.Pyramid.Summary.IsCompleted;
        private bool _isRenewed;
        private int _holds = 1;

        public ImageContent Image => image;

        /// <summary>What came with the last level, or null where that is not there. Its timing is null where this reader did not have to wait for it.</summary>
        public PyramidSummary? Finished => _flight.Pyramid.Summary is not { IsCompletedSuccessfully: true } summary ? null
            : _flight.IsKnown || _cameLate ? summary.Result with { Timing = null }
            : summary.Result;

        /// <summary>
        /// The pyramid, on its way from now on at the latest. What goes wrong shows at its levels. One that broke off is started anew, once: a
        /// request may find that out long after it happened, and its attempts are counted all the same.
        /// </summary>
        public Pyramid Start()
        {
            Flight current;
            lock (source._lock)
            {
                if (_flight.BrokeOff && !_isRenewed)
                {
                    source.Leave(image, _flight);
                    (_flight, _cameLate, _isRenewed) = (source.Join(image, renewed: _flight), false, true);
                }
                current = _flight;
                if (current.IsStarted)
                {
                    return current.Pyramid;
                }
                current.IsStarted = true;
            }
            _ = source.Fill(current, image);
            return current.Pyramid;
        }

        /// <summary>The same hold for work that may outlast the request: to be disposed once more. A new one where the request has gone.</summary>
        public Reader Share()
        {
            lock (source._lock)
            {
                if (_holds > 0)
                {
                    _holds++;
                    return this;
                }
            }
            return source.Open(image);
        }

        public void Dispose()
        {
            lock (source._lock)
            {
                if (--_holds > 0 || !source.Leave(image, _flight))
                {
                    return;
                }
            }
            if (!_flight.Pyramid.Summary.IsCompleted)
            {
                _flight.Abandoned.Cancel();
            }
        }
    }

    /// <param name="triedBefore">Where the one that this renews has been; null where it is the first.</param>
    internal sealed class Flight(TriedReplicas? triedBefore)
    {
        public Pyramid Pyramid { get; } = new();

        public bool IsStarted { get; set; }

        public bool IsKnown { get; set; }

        /// <summary>Whether it takes the place of one that broke off.</summary>
        public bool IsRenewal { get; } = triedBefore is not null;

        public TriedReplicas Tried { get; } = triedBefore ?? new TriedReplicas();

        /// <summary>Whether the backbone was lost in the middle, so that another run may do.</summary>
        public bool BrokeOff { get; set; }

        /// <summary>When it was; null while it is under way, and where it failed.</summary>
        public long? Finished { get; set; }

        public int Readers { get; set; }

        public CancellationTokenSource Abandoned { get; } = new();
    }
}
