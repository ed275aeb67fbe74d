using System.Collections.Concurrent;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Models;

/// <summary>
/// The weights that the other services run, which are part of every cache key. Requested on first use, refreshed periodically, and updated from every
/// answer, so that a rollout of new weights is noticed.
/// </summary>
internal sealed class KnownModels(MeshChannels channels, IOptions<RouterOptions> options, TimeProvider time)
{
    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _shortPatience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<MeshService, (ModelInfo Model, DateTimeOffset Seen)> _known = [];
    private readonly SingleFlight<ModelInfo> _asking = new();

    /// <exception cref="RpcException">The service is unreachable and its model is not known yet.</exception>
    public ValueTask<ModelInfo> Of(MeshService service, CancellationToken cancellation)
    {
        if (!_known.TryGetValue(service, out var known))
        {
            return new(Ask(service, cancellation));
        }
        if (time.GetUtcNow() - known.Seen > _fresh)
        {
            // Refresh in the background: the known model is used until the answer comes, and if none comes.
            _ = Ask(service, CancellationToken.None).ContinueWith(failed => failed.Exception, TaskContinuationOptions.OnlyOnFaulted);
        }
        return new(known.Model);
    }

    public bool Knows(MeshService service) => _known.ContainsKey(service);

    public void Update(MeshService service, ModelInfo model) => _known[service] = (model, time.GetUtcNow());

    /// <summary>Requests the model from the service, even if it is known.</summary>
    /// <exception cref="RpcException">The service is unreachable.</exception>
    public Task<ModelInfo> Ask(MeshService service, CancellationToken cancellation) => _asking.Run(service.ToString(), async stop =>
    {
        var call = new CallOptions(deadline: DateTime.UtcNow + options.Value.Timeout, cancellationToken: stop);
        var response = await Attempts.OnceMore(
            service, () => new ModelService.ModelServiceClient(channels.Of(service)).GetModelAsync(new GetModelRequest(), call).ResponseAsync);
        Update(service, response.Model);
        return response.Model;
    }, cancellation);

    /// <summary>The model of the service, or null if it cannot be reached now: within a second.</summary>
    public async Task<ModelInfo?> AskOrNull(MeshService service, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_shortPatience);
        try
        {
            return await Ask(service, patience.Token);
        }
        catch (RpcException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
