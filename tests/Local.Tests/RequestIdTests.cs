using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>The id that joins a client's call with the log lines of every service.</summary>
public sealed class RequestIdTests : IDisposable
{
    private const string Header = "x-request-id";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Call_ThatFailsForTheMeshsReasons_HasALineWithItsIdInEveryService()
    {
        using var mesh = LocalProcess.Run(_runtime, "up", "--replicas", "ct=0,mri=0", "--log", "json");
        const string Ready = "\"message\":\"ready gateway=";
        var ready = await mesh.UntilLine(line => line.Contains(Ready, StringComparison.Ordinal), "the mesh being ready");
        var gateway = ready.Split(Ready)[1].TrimEnd('"', '}');
        var started = DateTimeOffset.UtcNow - TimeSpan.FromMilliseconds(1);

        Assert.Equal((StatusCode.Unavailable, "study-17_b"), await Call(gateway, "ct", "study-17_b"));
        // The lines of two processes come in any order.
        string[] Lines() => [.. mesh.Output.Split('\n').Where(line => line.Contains("\"request\":\"study-17_b\"", StringComparison.Ordinal))];
        await mesh.UntilLine(_ => Lines().Length == 2, "a line of the router and one of the gateway");
        foreach (var service in new[] { "Router", "Gateway" })
        {
            using var json = JsonDocument.Parse(Lines().Single(line => line.Contains($"\"service\":\"{service}\"", StringComparison.Ordinal)));
            string Text(string field) => json.RootElement.GetProperty(field).GetString()!;
            Assert.Equal(("warning", service, $"{service.ToLowerInvariant()}/1"), (Text("level"), Text("service"), Text("replica")));
            Assert.InRange(DateTimeOffset.Parse(Text("time"), CultureInfo.InvariantCulture), started, DateTimeOffset.UtcNow);
            Assert.Matches(
                @"^medmoe\.mesh\.v1\.RouterService/Analyze failed after \d+\.\d{3} s with Unavailable: expert ct: no replica can be reached$",
                Text("message"));
        }

        // An id of another form could hold anything, so it is replaced.
        var (status, made) = await Call(gateway, "xray", "M.D. Smith");
        Assert.Equal(StatusCode.OK, status);
        Assert.Matches("^[0-9a-f]{16}$", made);
        Assert.DoesNotContain(mesh.Output.Split('\n'), line => line.Contains("Smith", StringComparison.Ordinal));
        // Faults of callers are not logged.
        var (refused, id) = await Call(gateway, "dental", "callers-fault");
        Assert.Equal((StatusCode.InvalidArgument, "callers-fault"), (refused, id));
        Assert.DoesNotContain(mesh.Output.Split('\n'), line => line.Contains("callers-fault", StringComparison.Ordinal));
    }

    private static async Task<(StatusCode Status, string? Id)> Call(string gateway, string expert, string id)
    {
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        using var call = new RouterService.RouterServiceClient(channel).AnalyzeAsync(
            new AnalyzeRequest { Image = MeshLoad.FreshImage(), Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert } },
            new Metadata { { Header, id } }, DateTime.UtcNow + _patience);
        var status = StatusCode.OK;
        try
        {
            await call;
        }
        catch (RpcException e)
        {
            status = e.StatusCode;
            // A refusal without a message has its headers as trailers.
            return (status, e.Trailers.GetValue(Header) ?? (await call.ResponseHeadersAsync).GetValue(Header));
        }
        return (status, (await call.ResponseHeadersAsync).GetValue(Header));
    }
}
