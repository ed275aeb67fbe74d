using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local;

/// <summary>The way in, through gateway and router, which hear of the others a moment after these are healthy.</summary>
internal static class FrontDoor
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>A PNG of one pixel.</summary>
    private static readonly ByteString _pixel =
        ByteString.FromBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=");

    /// <summary>Returns when an image and a report have been through every one of these experts.</summary>
    /// <param name="gateway">HOST:PORT.</param>
    /// <param name="experts">Names.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="LocalMeshException">That does not come about.</exception>
    public static async Task UntilOpen(string gateway, IEnumerable<string> experts, CancellationToken cancellation)
    {
        using var channel = GrpcChannel.ForAddress(MeshTransport.AddressOf(gateway)!);
        var router = new RouterService.RouterServiceClient(channel);
        var deadline = DateTime.UtcNow + _patience;
        foreach (var expert in experts)
        {
            var request = new AnalyzeRequest
            {
                Image = new Image { Encoded = _pixel },
                Report = "ready",
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
            };
            await UntilAnswered(() => router.AnalyzeAsync(request, deadline: deadline, cancellationToken: cancellation).ResponseAsync, cancellation);
        }
    }

    private static async Task UntilAnswered(Func<Task> call, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(_pause, cancellation);
            }
            catch (RpcException e) when (!cancellation.IsCancellationRequested)
            {
                throw new LocalMeshException($"the mesh does not answer: {e.Status.Detail}");
            }
        }
    }
}
