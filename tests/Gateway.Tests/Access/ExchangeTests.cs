using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Gateway.Tests.Access;

/// <summary>Certificates, keys and authorities are exchanged while callers call, over old connections and new ones: no call fails.</summary>
public sealed class ExchangeTests : IDisposable
{
    private const int Rounds = 3;
    private const int Callers = 6;

    private readonly TestAuthority _old = new();
    private readonly TestAuthority _new = new("the next authority");
    private readonly TemporaryFolder _folder = new();
    private readonly CallersFile _callers = new(Caller(0));
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    /// <summary>The round whose key each caller's call has.</summary>
    private readonly int[] _rounds = new int[Callers];
    private int _round;
    private int _answered;

    private string Trusted => _folder["authority.pem"];

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
        _folder.Dispose();
        _callers.Dispose();
        _end.Dispose();
    }

    [Fact]
    public async Task Files_ExchangedUnderLoad_NoCallFails()
    {
        Trust(_old);
        Write(_old);
        await using var router = await RunningService.Start(EchoRouter.Create, null, SettingsOf("router"));
        string[] settings = [$"--Endpoints:Services:router={router.Address}", $"--Access:Callers={_callers.Path}", .. SettingsOf("gateway")];
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, settings);
        var both = Pem.Certificates(Trusted);
        both.AddRange(Pem.Certificates(_new.Path));
        var transport = MeshTransport.Tls(() => both, () => null);
        var calls = Enumerable.Range(0, Callers).Select(caller => Call(transport, gateway.Address, caller)).ToArray();
        await Answered(50);

        for (var i = 0; i < Rounds; i++)
        {
            await Exchange(_old, router, gateway);
            await ExchangeKeys(gateway);
        }
        // To another authority: trusted beside the old one, used, and trusted alone.
        Trust(_old, _new);
        await Exchange(_old, router, gateway);
        await Exchange(_new, router, gateway);
        Trust(_new);
        await Exchange(_new, router, gateway);

        await _end.CancelAsync();
        await Task.WhenAll(calls);
        TestContext.Current.TestOutputHelper?.WriteLine($"{_answered} calls answered");
    }

    /// <summary>The key of a round; the next one is there before its callers use it, and it stays until they do not.</summary>
    private static System.Text.Json.Nodes.JsonObject Caller(int round) => CallersFile.Caller($"round-{round}", "read");

    private void Trust(params TestAuthority[] authorities) =>
        File.WriteAllText(Trusted, string.Concat(authorities.Select(authority => File.ReadAllText(authority.Path))));

    private void Write(TestAuthority authority)
    {
        foreach (var service in (string[])["router", "gateway"])
        {
            var (certificate, key) = authority.Write(service);
            File.Copy(certificate, _folder[$"{service}.pem"], overwrite: true);
            File.Copy(key, _folder[$"{service}.key"], overwrite: true);
        }
    }

    private string[] SettingsOf(string service) =>
        [$"--Tls:Certificate={_folder[$"{service}.pem"]}", $"--Tls:Key={_folder[$"{service}.key"]}", $"--Tls:Authority={Trusted}"];

    /// <summary>Writes new certificates; returns when both services show them, still trust each other, and calls were answered since.</summary>
    private async Task Exchange(TestAuthority authority, RunningService router, RunningService gateway)
    {
        RunningService[] services = [router, gateway];
        var before = await Task.WhenAll(services.Select(service => Handshake.Shown(service.Http)));
        Write(authority);
        for (var i = 0; i < services.Length; i++)
        {
            var (service, was) = (services[i], before[i]);
            await Patience.Until("the new certificate", async () => await Handshake.Shown(service.Http) != was);
        }
        // The gateway keeps its connection to the router, so another one is opened as it would.
        using (var channel = Open(gateway.Get<MeshTransport>(), router.Address, "router"))
        {
            await ListExperts(channel, _round);
        }
        await Answered(50);
    }

    private async Task ExchangeKeys(RunningService gateway)
    {
        var list = gateway.Get<ReloadedFile<CallerList>>();
        async Task Write(params int[] rounds)
        {
            var before = list.Value;
            _callers.Write([.. rounds.Select(Caller)]);
            await Patience.Until("the new list", () => !ReferenceEquals(before, list.Value));
        }

        await Write(_round, _round + 1);
        Interlocked.Increment(ref _round);
        await Patience.Until("calls with the new key", () => Array.TrueForAll(_rounds, round => round == _round) || _end.IsCancellationRequested);
        await Write(_round);
        await Answered(50);
    }

    /// <summary>Waits for this many answers more.</summary>
    private async Task Answered(int more)
    {
        var enough = Volatile.Read(ref _answered) + more;
        await Patience.Until("answers", () => Volatile.Read(ref _answered) >= enough || _end.IsCancellationRequested);
    }

    /// <summary>Calls again and again: every other caller over one connection, the others each time over a new one.</summary>
    private async Task Call(MeshTransport transport, string gateway, int caller)
    {
        using var kept = Open(transport, gateway, "gateway");
        try
        {
            while (!_end.IsCancellationRequested)
            {
                var round = Volatile.Read(ref _round);
                Volatile.Write(ref _rounds[caller], round);
                await (caller % 2 == 0 ? ListExperts(kept, round) : ListExperts(transport, gateway, round));
                Interlocked.Increment(ref _answered);
            }
        }
        finally
        {
            // A failed caller ends the test, which would wait for its answers.
            await _end.CancelAsync();
        }
    }

    private static async Task ListExperts(MeshTransport transport, string gateway, int round)
    {
        using var channel = Open(transport, gateway, "gateway");
        await ListExperts(channel, round);
    }

    private static async Task ListExperts(GrpcChannel channel, int round) => await new RouterService.RouterServiceClient(channel).ListExpertsAsync(
        new ListExpertsRequest(), new Metadata { { CallerHeaders.ApiKey, CallersFile.KeyOf($"round-{round}") } },
        cancellationToken: TestContext.Current.CancellationToken);

    private static GrpcChannel Open(MeshTransport transport, string address, string peer) => GrpcChannel.ForAddress(
        transport.AddressOf(address)!,
        new GrpcChannelOptions { HttpHandler = transport.Secure(new SocketsHttpHandler(), peer), DisposeHttpClient = true });
}
