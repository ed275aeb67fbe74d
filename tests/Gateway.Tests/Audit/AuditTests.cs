using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Tests.Access;
using MedMoE.Mesh.Gateway.Tests.Doors;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Audit;

public sealed class AuditTests : IAsyncLifetime
{
    private readonly CallersFile _callers = new(CallersFile.Caller("clinic", "infer"));
    private readonly TemporaryFolder _folder = new();
    private RunningService _router = null!;

    public async ValueTask InitializeAsync() => _router = await RunningService.Start(EchoRouter.Create, null);

    public async ValueTask DisposeAsync()
    {
        await _router.DisposeAsync();
        _folder.Dispose();
        _callers.Dispose();
    }

    [Fact]
    public async Task Calls_InJson_HaveALineThatSaysSo()
    {
        await using (var gateway = await Start())
        {
            using var client = new JsonClient(gateway);
            var answer = await client.Post("/v1/embed/image", JsonClient.Image(new byte[100]), ("x-api-key", CallersFile.KeyOf("clinic")));
            Assert.Equal(200, answer.Status);
        }
        var line = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["audit.log"], TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(
            ("caller clinic", "medmoe.mesh.v1.RouterService/EmbedImage", "json", "OK"),
            (line.GetProperty("caller").GetString(), line.GetProperty("method").GetString(), line.GetProperty("protocol").GetString(),
                line.GetProperty("status").GetString()));
        // Those of the request as it was sent, and those of the answer in gRPC.
        Assert.InRange(line.GetProperty("request_bytes").GetInt64(), 160, 180);
        Assert.InRange(line.GetProperty("response_bytes").GetInt64(), 100, 130);
    }

    [Fact]
    public async Task Calls_OfEveryKind_HaveALineEach()
    {
        await using (var gateway = await Start())
        {
            var mesh = new RouterService.RouterServiceClient(gateway.Channel);
            Metadata key = [new("x-api-key", CallersFile.KeyOf("clinic")), new("x-request-id", "abc"), new("medmoe-audit", "1")];
            var image = new EmbedImageRequest { Image = new Image { Encoded = ByteString.CopyFrom(new byte[100]) } };
            await mesh.EmbedImageAsync(image, key, cancellationToken: TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<RpcException>(async () => await mesh.EmbedImageAsync(
                image, new Metadata { { "x-api-key", "secret-key" } }, cancellationToken: TestContext.Current.CancellationToken));
            await Assert.ThrowsAsync<RpcException>(
                async () => await mesh.ListExpertsAsync(new ListExpertsRequest(), key, cancellationToken: TestContext.Current.CancellationToken));
            await gateway.Ready();
        }

        var text = await File.ReadAllTextAsync(_folder["audit.log"], TestContext.Current.CancellationToken);
        // A line is written after the caller has its answer, so perhaps after that of the next call.
        var lines = text.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
            .OrderBy(line => line.GetProperty("status").GetString(), StringComparer.Ordinal).ToArray();
        Assert.Equal(
            [
                ("caller clinic", "EmbedImage", "OK"), ("caller clinic", "ListExperts", "PermissionDenied"),
                ("127.0.0.1", "EmbedImage", "Unauthenticated"),
            ],
            lines.Select(l => (l.GetProperty("caller").GetString(), l.GetProperty("method").GetString()!.Split('/')[1],
                l.GetProperty("status").GetString())));
        Assert.Equal("abc", lines[0].GetProperty("request").GetString());
        Assert.InRange(lines[0].GetProperty("request_bytes").GetInt64(), 100, 130);
        Assert.InRange(lines[0].GetProperty("response_bytes").GetInt64(), 100, 130);
        Assert.Equal(0, lines[2].GetProperty("request_bytes").GetInt64());
        Assert.DoesNotContain("secret", text);
        Assert.DoesNotContain(CallersFile.KeyOf("clinic"), text);
    }

    [Fact]
    public async Task File_OverItsSize_IsFollowedByAnother()
    {
        await using (var gateway = await Start("--Audit:MaxFileBytes=1024", "--Audit:MaxFiles=3"))
        {
            var mesh = new RouterService.RouterServiceClient(gateway.Channel);
            for (var i = 0; i < 40; i++)
            {
                await Assert.ThrowsAsync<RpcException>(async () => await mesh.ListExpertsAsync(
                    new ListExpertsRequest(), cancellationToken: TestContext.Current.CancellationToken));
            }
        }
        var files = Directory.GetFiles(_folder.Path, "audit*.log");
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 100, 1400));
    }

    [Theory]
    [InlineData("--Audit:File=/none/audit.log", "Audit:File: /none/audit.log cannot be written")]
    [InlineData("--Audit:HashKey=/none/key", "Audit:HashKey: /none/key cannot be read")]
    public void Create_FilesThatCannotBeUsed_SaysWhich(string setting, string reason) =>
        Assert.Equal(reason, Assert.Throws<InvalidSettingException>(() => GatewayApp.Create([setting])).Message);

    private Task<RunningService> Start(params string[] more) => RunningService.Start(
        GatewayApp.Create, null,
        [
            $"--Endpoints:Services:router={_router.Address}", $"--Access:Callers={_callers.Path}", $"--Audit:File={_folder["audit.log"]}", .. more,
        ]);
}
