using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Tests.Routing;

public sealed class EndpointChangeTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Encode_EndpointsFileRewritten_NewCallsGoToTheNewReplica()
    {
        using var folder = new TemporaryFolder();
        using var files = new GoldenBundle(Architecture.Paper);
        using var other = new GoldenBundle(Architecture.Reference);
        await using var first = await RunningService.Start(TextEncoderApp.Create, files.Root);
        await using var second = await RunningService.Start(TextEncoderApp.Create, other.Root);
        Write(folder["endpoints.json"], first.Address);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:File={folder["endpoints.json"]}");
        var client = new TextEncoderService.TextEncoderServiceClient(gateway.Channel);
        async Task<string> Model()
        {
            var answer = await client.EncodeAsync(new EncodeRequest { Texts = { "mass" } }, deadline: DateTime.UtcNow + _patience);
            return answer.Model.ModelVersion;
        }
        Assert.Equal("medmoe-nano-paper/1", await Model());

        await Rewrite(gateway, folder["endpoints.json"], second.Address);
        using var patience = new CancellationTokenSource(_patience);
        // YARP applies a new configuration in the background, without an event for it.
        while (await Model() != "medmoe-nano-reference/1")
        {
            patience.Token.ThrowIfCancellationRequested();
        }

        // An invalid file changes nothing.
        gateway.ExpectError("keeping the previous endpoints");
        await Rewrite(gateway, folder["endpoints.json"], "nonsense");
        Assert.Equal("medmoe-nano-reference/1", await Model());

        await Rewrite(gateway, folder["endpoints.json"], first.Address);
        while (await Model() != "medmoe-nano-paper/1")
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task Localize_ExpertAddedToTheFile_IsKnown()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["endpoints.json"], "{}");
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:File={folder["endpoints.json"]}");
        async Task<(StatusCode, string)> Localize()
        {
            using var call = new ExpertService.ExpertServiceClient(gateway.Channel).Localize(
                new Metadata { { "medmoe-service", "experts/ct" } }, DateTime.UtcNow + _patience);
            var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
            return (e.StatusCode, e.Status.Detail);
        }
        Assert.Equal((StatusCode.InvalidArgument, "medmoe-service: no expert is configured"), await Localize());

        await Change(gateway, options => options.Services.ContainsKey("expert-ct"), () =>
            File.WriteAllText(folder["endpoints.json"], """{ "Endpoints": { "Services": { "expert-ct": "" } } }"""));

        using var patience = new CancellationTokenSource(_patience);
        while (await Localize() != (StatusCode.Unavailable, "expert ct: no replica can be reached"))
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static void Write(string file, string textEncoder) =>
        File.WriteAllText(file, $$"""{ "Endpoints": { "Services": { "text-encoder": "{{textEncoder}}" } } }""");

    private static Task Rewrite(RunningService gateway, string file, string textEncoder) =>
        Change(gateway, options => options.Services.GetValueOrDefault("text-encoder") == textEncoder, () => Write(file, textEncoder));

    /// <summary>Makes a change and waits until the gateway has noticed it: later subscribers are notified later.</summary>
    private static async Task Change(RunningService gateway, Func<EndpointOptions, bool> expected, Action change)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = gateway.Get<IOptionsMonitor<EndpointOptions>>().OnChange(options =>
        {
            if (expected(options))
            {
                heard.TrySetResult();
            }
        });
        change();
        await heard.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }
}
