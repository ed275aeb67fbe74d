using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local;

/// <summary>Checks the mesh through its gateway. Gateway and router learn the other services' addresses slightly after those are healthy.</summary>
internal static class FrontDoor
{
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private static readonly ByteString _pixel =
        ByteString.FromBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=");

    /// <summary>Waits until each of these experts of a version has answered through the gateway, which may not know the version yet.</summary>
    /// <exception cref="LocalMeshException">An expert does not answer in time, or fails.</exception>
    public static async Task WaitUntilReady(
        string gateway, MeshPlan plan, MeshVersion version, IEnumerable<string> experts, CancellationToken cancellation)
    {
        var transport = plan.TransportTo(ServiceCatalog.Gateway);
        using var channel = GrpcChannel.ForAddress(transport.AddressOf(gateway)!, new GrpcChannelOptions
        {
            HttpHandler = transport.Secure(new SocketsHttpHandler(), ServiceCatalog.Gateway.Name),
            DisposeHttpClient = true,
        });
        var router = new RouterService.RouterServiceClient(channel);
        Metadata headers = [new(VersionHeader.Name, VersionHeader.ValueOf(version.Name))];
        if (plan.Key is { } key)
        {
            headers.Add(CallerHeaders.ApiKey, key);
        }
        var deadline = DateTime.UtcNow + _timeout;
        foreach (var expert in experts)
        {
            var request = new AnalyzeRequest
            {
                Image = new Image { Encoded = _pixel },
                Report = "ready",
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
            };
            await WaitForAnswer(() => router.AnalyzeAsync(request, headers, deadline, cancellationToken: cancellation).ResponseAsync, cancellation);
        }
    }

    private static async Task WaitForAnswer(Func<Task> call, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound)
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
