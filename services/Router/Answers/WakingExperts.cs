using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>
/// Holds the calls for an expert without replicas until its first one is there. What starts one is outside: it sees
/// <see cref="ExpertMetrics"/>.
/// </summary>
internal sealed class WakingExperts(MeshChannels channels, ExpertMetrics metrics, IOptions<RouterOptions> options)
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _retryAfter = TimeSpan.FromSeconds(1);

    // One looks for all.
    private readonly SingleFlight<bool> _looking = new();

    /// <summary>Returns at once if the expert has a replica, or if Router:WakeTimeout is 0.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: none came in time.</exception>
    /// <exception cref="QueueFullException">Too many calls wait already.</exception>
    public async Task UntilAwake(MeshService expert, CancellationToken cancellation)
    {
        var timeout = options.Value.WakeTimeout;
        if (timeout == TimeSpan.Zero || await channels.HasReplica(expert, trustsConnection: true, cancellation))
        {
            return;
        }
        if (!metrics.TryWait(expert.Expert!, options.Value.MaxWaking))
        {
            throw new QueueFullException($"{options.Value.MaxWaking} calls wait for {expert} to start (Router:MaxWaking)", _retryAfter);
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(timeout);
        try
        {
            await _looking.Run(expert.Name, stop => FirstReplica(expert, stop), patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            var waited = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw new RpcException(
                new Status(StatusCode.Unavailable, $"{expert}: it has no replica, and none came within {waited} s (Router:WakeTimeout)"),
                new Metadata { { GrpcErrors.ServiceTrailer, expert.ToString() } });
        }
        finally
        {
            metrics.Waited(expert.Expert!);
        }
    }

    /// <summary>Whether a call may have failed because the expert's last replica was just stopped: a new one is waited for.</summary>
    public async Task<bool> HasGone(MeshService expert, CancellationToken cancellation) =>
        options.Value.WakeTimeout > TimeSpan.Zero && !await channels.HasReplica(expert, trustsConnection: false, cancellation);

    private async Task<bool> FirstReplica(MeshService expert, CancellationToken stop)
    {
        while (!await channels.HasReplica(expert, trustsConnection: true, stop))
        {
            await Task.Delay(_period, stop);
        }
        await channels.Connect(expert, stop);
        return true;
    }
}
