using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Gateway.Tests.Versions;

/// <summary>Which version of the model gets a call.</summary>
public sealed class VersionedCallsTests : IAsyncLifetime
{
    private const string Present = "medmoe/1 ü";
    private const string Candidate = "medmoe/2";

    private static readonly string[] _names = [$"--Endpoints:Version={Present}", $"--Endpoints:Candidates:0:Version={Candidate}"];

    private RunningService _present = null!;
    private RunningService _candidate = null!;

    public async ValueTask InitializeAsync()
    {
        _present = await RunningService.Start(EchoRouter.Create, null);
        _candidate = await RunningService.Start(EchoRouter.Create, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _present.DisposeAsync();
        await _candidate.DisposeAsync();
    }

    [Fact]
    public async Task Calls_AreDrawnByWeight()
    {
        await using var gateway = await Gateway(30);
        await WaitUntilWell(gateway);
        var before = Shares();

        var calls = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Call(gateway, 250)));

        Assert.All(calls.SelectMany(codes => codes), code => Assert.Equal(StatusCode.OK, code));
        var share = (Shares().Candidate - before.Candidate) / 2000.0;
        // Five standard deviations.
        Assert.InRange(share, 0.25, 0.35);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Calls_ThatNameAVersion_GetIt(int weight)
    {
        await using var gateway = await Gateway(weight);
        await WaitUntilWell(gateway);
        var before = Shares();

        await Call(gateway, 5, Present);
        await Call(gateway, 3, Candidate);

        var after = Shares();
        Assert.Equal((5, 3), (after.Present - before.Present, after.Candidate - before.Candidate));
    }

    [Fact]
    public async Task Calls_ThatNameNoVersion_AreRefused()
    {
        await using var gateway = await Gateway(0);
        var client = new RouterService.RouterServiceClient(gateway.Channel);

        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await client.ListExpertsAsync(new(), Named("medmoe/3")));
        Assert.Equal(
            new Status(StatusCode.NotFound, $"medmoe-version: no such version; there are: {Present}, {Candidate}"), Plain(unknown.Status));
    }

    [Fact]
    public async Task Versions_WithoutNames_OnlyTheRouterIsAsked()
    {
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={_present.Address}", "--Endpoints:Services:backbone=");

        await Call(gateway, 1, Candidate);
        var direct = await Assert.ThrowsAsync<RpcException>(async () => await new ModelService.ModelServiceClient(gateway.Channel).GetModelAsync(
            new(), new Metadata { { VersionHeader.Name, "medmoe/1" }, { "medmoe-service", "backbone" } }));

        Assert.Equal(
            new Status(StatusCode.InvalidArgument, "medmoe-version: only the router knows its version here (Endpoints:Version)"),
            Plain(direct.Status));
    }

    [Fact]
    public async Task Candidate_ThatIsDown_CostsNoCall_ButThoseThatNameIt()
    {
        await using var gateway = await Gateway(100);
        await _candidate.DisposeAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Assert.Single(await Call(gateway, 1)) != StatusCode.OK)
        {
            // Until the gateway has found out.
            patience.Token.ThrowIfCancellationRequested();
        }

        Assert.All(await Call(gateway, 20), code => Assert.Equal(StatusCode.OK, code));
        Assert.Equal(StatusCode.Unavailable, Assert.Single(await Call(gateway, 1, Candidate)));
    }

    [Theory]
    [InlineData("Endpoints:Version: is missing; it is the name of the version beside the candidates", "Version=b", "Services:router=h:1")]
    [InlineData("Endpoints:Candidates: b has no router of its own", "Version=b", "Services:expert-ct=h:1", "E:Version=a")]
    [InlineData("Endpoints:Candidates: a is there twice", "Version=a", "Services:router=h:1", "E:Version=a")]
    [InlineData("Endpoints:Candidates: a candidate has no Version", "Services:router=h:1", "E:Version=a")]
    [InlineData(
        "Endpoints:Candidates: the Weight of b is 101; it must be from 0 to 100", "Version=b", "Services:router=h:1", "E:Version=a", "Weight=101")]
    [InlineData(
        "Endpoints:Candidates: the Weight of b is NaN; it must be from 0 to 100", "Version=b", "Services:router=h:1", "E:Version=a", "Weight=NaN")]
    [InlineData(
        "Endpoints:Candidates: b has a Weight and is a Shadow; it can be only one of them", "Version=b", "Services:router=h:1", "E:Version=a",
        "Weight=1", "Shadow=true")]
    [InlineData(
        "Endpoints:Candidates: the weights add up to 120.5, which is more than 100", "Version=b", "Services:router=h:1", "E:Version=a", "Weight=60",
        "E:Candidates:1:Version=c", "E:Candidates:1:Weight=60.5", "E:Candidates:1:Services:router=h:1")]
    [InlineData(
        "Endpoints:Candidates: b has a service \"exprt\", which is not one of the mesh", "Version=b", "Services:router=h:1", "Services:exprt=h:1",
        "E:Version=a")]
    [InlineData(
        "Endpoints:Candidates: b: router: 'h' is neither dns:///HOST:PORT nor HOST:PORT,HOST:PORT", "Version=b", "Services:router=h", "E:Version=a")]
    [InlineData(
        "Endpoints:Candidates:0:Wieght: there is no such setting; the nearest name is 0:Weight", "Version=b", "Services:router=h:1", "E:Version=a",
        "Wieght=3")]
    [InlineData("Endpoints:Candidates:0:Weight: \"ten\" is not a number", "Version=b", "Services:router=h:1", "E:Version=a", "Weight=ten")]
    public void Settings_ThatDoNotFit_AreOneLine(string line, params string[] settings)
    {
        string[] arguments =
        [
            .. settings.Select(setting =>
                setting.StartsWith("E:", StringComparison.Ordinal) ? $"--Endpoints:{setting[2..]}" : $"--Endpoints:Candidates:0:{setting}"),
        ];

        var refused = Assert.ThrowsAny<InvalidInputException>(() =>
        {
            using var gateway = GatewayApp.Create(["--Endpoints:Services:router=h:1", .. arguments]);
            _ = gateway.Services.GetService(typeof(Yarp.ReverseProxy.Configuration.IProxyConfigProvider));
        });

        Assert.Equal(line, refused.Message);
    }

    private Task<RunningService> Gateway(int weight) => RunningService.Start(
        GatewayApp.Create, null,
        [
            .. _names, $"--Endpoints:Services:router={_present.Address}", $"--Endpoints:Candidates:0:Services:router={_candidate.Address}",
            FormattableString.Invariant($"--Endpoints:Candidates:0:Weight={weight}"), "--Gateway:HealthInterval=00:00:00.1",
        ]);

    /// <summary>Until the candidate has passed its first health check and gets calls.</summary>
    private static async Task WaitUntilWell(RunningService gateway)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Assert.Single(await Call(gateway, 1, Candidate)) != StatusCode.OK)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private (int Present, int Candidate) Shares() => (_present.Get<EchoRouter.Calls>().Listed, _candidate.Get<EchoRouter.Calls>().Listed);

    private static Metadata Named(string version) => new() { { VersionHeader.Name, VersionHeader.ValueOf(version) } };

    private static Status Plain(Status status) => new(status.StatusCode, status.Detail);

    private static async Task<StatusCode[]> Call(RunningService gateway, int calls, string? version = null)
    {
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        var codes = new StatusCode[calls];
        for (var i = 0; i < calls; i++)
        {
            try
            {
                await client.ListExpertsAsync(new(), version is null ? [] : Named(version), DateTime.UtcNow.AddMinutes(1));
            }
            catch (RpcException e)
            {
                codes[i] = e.StatusCode;
            }
        }
        return codes;
    }
}
