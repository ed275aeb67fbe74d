using System.Text.Json;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A mesh with TLS and keys, as <c>mesh key create</c> and <c>mesh up --tls --callers</c> make it.</summary>
public sealed class SecureTests : IDisposable
{
    private static readonly string _image = Golden.PathOf("preprocessing", "gray8_130x100.png");

    private readonly TemporaryFolder _runtime = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _runtime.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Up_WithTlsAndCallers_AnswersThemAndNobodyElse()
    {
        var callers = _folder["callers.json"];
        await Create("clinic", callers, "--rights", "infer");
        await Create("reader", callers, "--rights", "read");
        var (mesh, gateway) = await LocalProcess.UpWhole(
            _runtime, "--tls", "--callers", callers, "--set", $"Audit:File={_folder["audit.log"]}",
            "--set", "Logging:LogLevel:Grpc=Debug", "--set", "Logging:LogLevel:Microsoft.AspNetCore=Debug", "--set", "Logging:LogLevel:Yarp=Debug");
        using var own = mesh;
        var authority = Assert.Single(Directory.GetFiles(_runtime.Path, "authority.pem", SearchOption.AllDirectories));
        Task<Tool.Result> Analyze(params string[] more) =>
            Tool.Run("Analyzer", ["analyze", "--server", gateway, "--image", _image, "--report", "mass", .. more]);

        var answered = await Analyze("--authority", authority, "--key", _folder["clinic"]);
        Assert.True(answered.ExitCode == 0, answered.Error);
        (await Analyze("--authority", authority)).AssertRefused("Unauthenticated: no key: send authorization: Bearer KEY, or x-api-key");
        (await Analyze("--authority", authority, "--key", _folder["reader"])).AssertRefused("reader lacks the right \"infer\"");
        (await Analyze("--tls")).AssertRefused("cannot connect: TLS: its certificate is not one of a trusted authority");
        (await Analyze()).AssertRefused("it may want TLS");
        var http = mesh.Table.Single(row => row.Service == "gateway").Http;
        (await Tool.Run("Analyzer", "analyze", "--server", http, "--image", _image, "--authority", authority))
            .AssertRefused("cannot connect: TLS: it has no HTTP/2 at this port, which gRPC needs");

        // Its messages' path is from the root of the repository.
        var loaded = await Tool.Command(Golden.Repository,
        [
            "dotnet", Tool.AssemblyOf("LoadTester"), "load", "tests/load/fixed/embed-text.json", "--host", gateway, "--duration", "500ms",
            "--authority", authority, "--key", _folder["clinic"],
        ]);
        Assert.True(loaded.ExitCode == 0, loaded.Output + loaded.Error);

        await AssertAudited();

        await AssertServicesAreClosed(mesh, authority);

        var revoked = await Tool.Run("Local", "key", "revoke", "clinic", "--file", callers);
        Assert.Equal((0, "clinic is revoked\n"), (revoked.ExitCode, revoked.Error));
        Assert.Equal("reader: read; key\n", (await Tool.Run("Local", "key", "list", "--file", callers)).Output);
        Tool.Result result = null!;
        await Patience.Until(
            "the end of a revoked key", async () => (result = await Analyze("--authority", authority, "--key", _folder["clinic"])).ExitCode != 0);
        result.AssertRefused("Unauthenticated: unknown key");

        await AssertNoSecretIsTold(mesh, authority);
        foreach (var key in Directory.GetFiles(Path.GetDirectoryName(authority)!, "*.key"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(callers));
    }

    /// <summary>Clients see another certificate than services; the mesh still finds its own gateway.</summary>
    [Fact]
    public async Task Up_WithAPublicCertificate_ShowsIt()
    {
        using var authority = new TestAuthority("a public authority");
        var (certificate, key) = authority.Write("mesh.example.org");
        using var mesh = LocalProcess.Run(
            _runtime, "up", "--only", "gateway,router", "--tls", "--set", $"Tls:PublicCertificate={certificate}",
            "--set", $"Tls:PublicKey={key}");
        const string Ready = "ready gateway=";
        var gateway = (await mesh.UntilLine(line => line.StartsWith(Ready, StringComparison.Ordinal), "the mesh being ready"))[Ready.Length..];
        using var own = Pem.Certificates(certificate)[0];
        Assert.Equal(own.SerialNumber, await Handshake.Shown(new Uri($"https://{gateway}")));

        using var plain = LocalProcess.Run(_runtime, "up", "--name", "plain", "--set", $"Tls:PublicCertificate={certificate}");
        await plain.AssertRefused("Tls:PublicCertificate needs --tls");
    }

    /// <summary>Neither keys nor their digests nor private keys are in a log (here with what is for debugging), the audit or a metric.</summary>
    private async Task AssertNoSecretIsTold(LocalProcess mesh, string authority)
    {
        var trusted = Pem.Certificates(authority);
        using var http = new HttpClient(MeshTransport.Tls(() => trusted, () => null).Secure(new SocketsHttpHandler()));
        var metrics = await Task.WhenAll(mesh.Table.Select(row => http.GetStringAsync(
            new Uri($"https://{row.Http}/metrics"), TestContext.Current.CancellationToken)));
        var audit = await File.ReadAllTextAsync(_folder["audit.log"], TestContext.Current.CancellationToken);
        var told = string.Concat([mesh.Output, audit, .. metrics]);
        // It is there at all.
        Assert.All([" debug ", "caller clinic", "medmoe_requests{"], word => Assert.Contains(word, told));
        string[] keys = [.. new[] { "clinic", "reader" }.Select(name => File.ReadAllText(_folder[name]).Trim())];
        string[] privateKeys = [.. Directory.GetFiles(Path.GetDirectoryName(authority)!, "*.key").Select(file => File.ReadAllLines(file)[1])];
        Assert.NotEmpty(privateKeys);
        Assert.All([.. keys, .. keys.Select(CallerList.DigestOf), .. privateKeys, "PRIVATE KEY"], secret => Assert.DoesNotContain(secret, told));
    }

    /// <summary>Every process but the gateway answers only with a certificate of the mesh, and then only a caller's.</summary>
    private static async Task AssertServicesAreClosed(LocalProcess mesh, string authority)
    {
        var trusted = Pem.Certificates(authority);
        var folder = Path.GetDirectoryName(authority)!;
        var expert = Pem.Identity(Path.Combine(folder, "expert-ct.pem"), Path.Combine(folder, "expert-ct.key")).TargetCertificate;
        MeshTransport[] strangers =
            [MeshTransport.Plain, MeshTransport.Tls(() => trusted, () => null), MeshTransport.Tls(() => trusted, () => expert)];
        var services = mesh.Table.Where(row => row.Service != "gateway").ToArray();
        Assert.Equal(7, services.Length);
        foreach (var service in services)
        {
            foreach (var stranger in strangers)
            {
                using var channel = GrpcChannel.ForAddress(stranger.AddressOf(service.Grpc)!, new GrpcChannelOptions
                {
                    HttpHandler = stranger.Secure(new SocketsHttpHandler(), service.Service),
                    DisposeHttpClient = true,
                });
                await Assert.ThrowsAsync<RpcException>(async () => await new Health.HealthClient(channel).CheckAsync(
                    new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken));
            }
        }
    }

    /// <summary>The line of the first call has what only the router knows.</summary>
    private async Task AssertAudited()
    {
        string[] lines = [];
        await Patience.Until("a line of the audit", () => (lines = File.ReadAllLines(_folder["audit.log"])).Any(IsOfClinic));
        var call = JsonDocument.Parse(lines.First(IsOfClinic)).RootElement;
        Assert.Matches("^(xray|ct|mri|ultrasound)$", call.GetProperty("expert").GetString());
        Assert.Equal("medmoe-demo/1", call.GetProperty("model").GetString());
        Assert.Equal(1, call.GetProperty("images").GetInt32());
        Assert.Matches("^[0-9a-f]{64}$", call.GetProperty("image").GetString());
        Assert.DoesNotContain("mass", string.Concat(lines));

        static bool IsOfClinic(string line) => line.Contains("caller clinic", StringComparison.Ordinal)
            && line.Contains("Analyze", StringComparison.Ordinal) && line.EndsWith('}');
    }

    private async Task Create(string name, string callers, params string[] more)
    {
        var made = await Tool.Run("Local", ["key", "create", name, "--file", callers, .. more]);
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Matches("^medmoe_[A-Za-z0-9_-]{43}\n$", made.Output);
        Assert.DoesNotContain(made.Output.Trim(), await File.ReadAllTextAsync(callers, TestContext.Current.CancellationToken));
        await File.WriteAllTextAsync(_folder[name], made.Output, TestContext.Current.CancellationToken);
    }
}
