using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Gateway.Tests.Access;

/// <summary>Certificates, keys and authorities are exchanged while callers call, over old connections and new ones: no call fails.</summary>
public sealed class ExchangeTests : IDisposable
{
    private const int Rounds = 3;

    private readonly TestAuthority _old = new();
    private readonly TestAuthority _new = new("the next authority");
    private readonly TemporaryFolder _folder = new();
    private readonly CallersFile _callers = new(Caller(0));
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
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
        await using var router = await Start(EchoRouter.Create, SettingsOf("router"));
        string[] settings = [$"--Endpoints:Services:router={router.Address}", $"--Access:Callers={_callers.Path}", .. SettingsOf("gateway")];
        await using var gateway = await Start(GatewayApp.Create, settings);
        var both = Pem.Certificates(Trusted);
        both.AddRange(Pem.Certificates(_new.Path));
        var transport = MeshTransport.Tls(() => both, () => null);
        var calls = Enumerable.Range(0, 6).Select(i => Call(transport, gateway.Address, keepsItsConnection: i % 2 == 0)).ToArray();
        await Answered(50);

        for (var i = 0; i < Rounds; i++)
        {
            await Exchange(_old, router, gateway);
            await ExchangeKeys();
        }
        // To another authority: trusted beside the old one, used, and trusted alone.
        Trust(_old, _new);
        await Exchange(_old, router, gateway);
        await Exchange(_new, router, gateway);
        Trust(_new);
        await Exchange(_new, router, gateway);

        // Connections between the services stay, so a gateway that starts now tells whether they still trust each other.
        await using var second = await Start(GatewayApp.Create, settings);
        await ListExperts(transport, second.Address, _round);
        await _end.CancelAsync();
        await Task.WhenAll(calls);
        TestContext.Current.TestOutputHelper?.WriteLine($"{_answered} calls answered");
    }

    private static async Task<RunningService> Start(Func<string[], WebApplication> create, string[] settings)
    {
        var service = await RunningService.Start(create, null, settings);
        // The files are written as cp does it. Where every processor is busy, one has been empty for longer than a service waits until it says so.
        service.ExpectError("the previous content stays in use");
        return service;
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

    /// <summary>Writes new certificates; returns when both services show them and calls were answered since.</summary>
    private async Task Exchange(TestAuthority authority, params RunningService[] services)
    {
        var before = await Task.WhenAll(services.Select(service => TestAuthority.Shown(service.Http)));
        Write(authority);
        for (var i = 0; i < services.Length; i++)
        {
            while (await TestAuthority.Shown(services[i].Http) == before[i])
            {
                await Answered(1);
            }
        }
        await Answered(50);
    }

    private async Task ExchangeKeys()
    {
        _callers.Write(Caller(_round), Caller(_round + 1), Caller(_round + 2));
        // Longer than the gateway takes to read it; a key that is not known yet would be refused.
        await Reread();
        Interlocked.Increment(ref _round);
        await Answered(50);
        _callers.Write(Caller(_round), Caller(_round + 1));
        await Answered(50);
    }

    private async Task Reread()
    {
        var changed = File.GetLastWriteTimeUtc(_callers.Path);
        while (DateTime.UtcNow - changed < TimeSpan.FromSeconds(2))
        {
            await Answered(1);
        }
    }

    /// <summary>Waits for this many answers more.</summary>
    private async Task Answered(int more)
    {
        for (var enough = Volatile.Read(ref _answered) + more; Volatile.Read(ref _answered) < enough && !_end.IsCancellationRequested;)
        {
            await Task.Yield();
        }
    }

    private async Task Call(MeshTransport transport, string gateway, bool keepsItsConnection)
    {
        using var kept = Open(transport, gateway);
        try
        {
            while (!_end.IsCancellationRequested)
            {
                var round = Volatile.Read(ref _round);
                await (keepsItsConnection ? ListExperts(kept, round) : ListExperts(transport, gateway, round));
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
        using var channel = Open(transport, gateway);
        await ListExperts(channel, round);
    }

    private static async Task ListExperts(GrpcChannel channel, int round) => await new RouterService.RouterServiceClient(channel).ListExpertsAsync(
        new ListExpertsRequest(), new Metadata { { CallerHeaders.ApiKey, CallersFile.KeyOf($"round-{round}") } },
        cancellationToken: TestContext.Current.CancellationToken);

    private static GrpcChannel Open(MeshTransport transport, string gateway) => GrpcChannel.ForAddress(
        transport.AddressOf(gateway)!,
        new GrpcChannelOptions { HttpHandler = transport.Secure(new SocketsHttpHandler(), "gateway"), DisposeHttpClient = true });
}
