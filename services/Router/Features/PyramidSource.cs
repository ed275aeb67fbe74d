using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Relay;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Features;

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
            if (!_flights.TryGetValue(image.Hash, out var flight) || (flight.Finished is { } finished && time.GetElapsedTime(finished) > _shared))
            {
                flight = new Flight();
                _flights[image.Hash] = flight;
            }
            flight.Readers++;
            return new Reader(this, image, flight);
        }
    }

    /// <summary>The pooled feature and who made it, without the levels where the cache has it.</summary>
    /// <exception cref="RpcException">The backbone cannot be reached or refuses the image.</exception>
    public async Task<PyramidSummary> Summary(ImageContent image, CancellationToken cancellation) =>
        await KnownSummary(image, cancellation) ?? await Attempts.OnceMore(MeshService.Backbone, async () =>
        {
            using var reader = Open(image);
            return await reader.Start().Summary.WaitAsync(cancellation);
        });

    /// <summary>The same, or null where the backbone would have to run for it.</summary>
    public async Task<PyramidSummary?> KnownSummary(ImageContent image, CancellationToken cancellation)
    {
        var model = await models.Of(MeshService.Backbone, cancellation);
        return await cache.Get(EntryKinds.Pooled, Key(image, model)) is { } pooled ? new PyramidSummary(pooled, model, Timing: null) : null;
    }

    /// <summary>The key of an image's pyramid by this backbone.</summary>
    public string Key(ImageContent image, ModelInfo backbone) => FeatureKeys.Pyramid(image.Hash, options.Value.PyramidType, backbone);

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
                // Whoever tries again starts afresh.
                Land(image, flight);
            }
            flight.Pyramid.Fail(e);
        }
    }

    private async Task Find(Flight flight, ImageContent image)
    {
        var model = await models.Of(MeshService.Backbone, flight.Abandoned.Token);
        if (await cache.Get(EntryKinds.Pyramid, Key(image, model)) is { } known)
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
            // Levels of two runs must not mix: they may be of different weights.
            mayRepeat: () => flight.Pyramid.Count == 0);
        var cost = Stopwatch.GetElapsedTime(started);
        var summary = await flight.Pyramid.Summary;
        models.Saw(MeshService.Backbone, summary.Model);
        var key = Key(image, summary.Model);
        cache.Set(EntryKinds.Pooled, key, summary.Pooled, cost);
        cache.Set(EntryKinds.Pyramid, key, [.. levels], cost);
    }

    private void Start(ImageContent image, Flight flight)
    {
        lock (_lock)
        {
            if (flight.IsStarted)
            {
                return;
            }
            flight.IsStarted = true;
        }
        _ = Fill(flight, image);
    }

    private void Leave(ImageContent image, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Readers > 0)
            {
                return;
            }
            Land(image, flight);
        }
        if (!flight.Pyramid.Summary.IsCompleted)
        {
            flight.Abandoned.Cancel();
        }
    }

    private void Land(ImageContent image, Flight flight)
    {
        if (_flights.TryGetValue(image.Hash, out var current) && current == flight)
        {
            _flights.Remove(image.Hash);
        }
    }

    /// <summary>One reader's hold on a pyramid.</summary>
    internal sealed class Reader(PyramidSource source, ImageContent image, Flight flight) : IDisposable
    {
        private readonly bool _cameLate = flight.Pyramid.Summary.IsCompleted;
        private int _left;

        /// <summary>The pyramid, on its way from now on at the latest. What goes wrong shows at its levels.</summary>
        public Pyramid Start()
        {
            source.Start(image, flight);
            return flight.Pyramid;
        }

        /// <summary>What came with the last level, or null where that is not there. Its timing is null where this reader did not have to wait for it.</summary>
        public PyramidSummary? Finished => flight.Pyramid.Summary is not { IsCompletedSuccessfully: true } summary ? null
            : flight.IsKnown || _cameLate ? summary.Result with { Timing = null }
            : summary.Result;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                source.Leave(image, flight);
            }
        }
    }

    internal sealed class Flight
    {
        public Pyramid Pyramid { get; } = new();

        public bool IsStarted { get; set; }

        public bool IsKnown { get; set; }

        /// <summary>When it was; null while it is under way, and where it failed.</summary>
        public long? Finished { get; set; }

        public int Readers { get; set; }

        public CancellationTokenSource Abandoned { get; } = new();
    }
}
