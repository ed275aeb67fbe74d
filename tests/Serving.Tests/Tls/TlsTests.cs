using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Serving.Tests.Tls;

/// <summary>A service of the mesh accepts the services that call others, by a certificate of the mesh's authority, and nobody else.</summary>
public sealed class TlsTests : IDisposable
{
    private const string Name = "text-encoder";

    private readonly TestAuthority _mesh = new();
    private readonly TestAuthority _other = new("another authority");

    public void Dispose()
    {
        _mesh.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("router")]
    [InlineData("operator")]
    public async Task Call_OfACaller_IsAnswered(string caller)
    {
        await using var service = await Start();
        using var channel = _mesh.Open(Grpc(service), Name, _mesh.Write(caller));
        Assert.NotNull(await Encode(channel));
    }

    [Fact]
    public async Task Call_OfAnybodyElse_IsRefused()
    {
        await using var service = await Start();
        var now = DateTimeOffset.UtcNow;
        (string Certificate, string Key)?[] strangers =
        [
            null, _mesh.Write("expert-ct"), _other.Write("router"), _mesh.Write("router", now.AddDays(-2), now.AddDays(-1)),
            _mesh.Write("router", now.AddDays(1), now.AddDays(2)),
        ];
        for (var i = 0; i < strangers.Length; i++)
        {
            using var channel = _mesh.Open(Grpc(service), Name, strangers[i]);
            var e = await Assert.ThrowsAsync<RpcException>(() => Encode(channel));
            Assert.True(e.StatusCode is StatusCode.Unavailable or StatusCode.Internal, $"stranger {i}: {e.Status}");
        }
    }

    [Fact]
    public async Task Call_OfAServerWithAnotherNameOrAuthority_IsNotMade()
    {
        await using var service = await Start();
        using var wrongName = _mesh.Open(Grpc(service), "backbone", _mesh.Write("router"));
        using var wrongAuthority = _other.Open(Grpc(service), Name, _mesh.Write("router"));
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => Encode(wrongName))).StatusCode);
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => Encode(wrongAuthority))).StatusCode);
    }

    [Fact]
    public async Task Call_InPlainText_IsRefused()
    {
        await using var service = await Start();
        using var plain = GrpcChannel.ForAddress($"http://{service.Address}");
        await Assert.ThrowsAsync<RpcException>(() => Encode(plain));
        await using var open = await RunningService.Start(StubTextEncoder.Create, null);
        using var secure = _mesh.Open(new Uri($"https://{open.Address}"), Name, _mesh.Write("router"));
        await Assert.ThrowsAsync<RpcException>(() => Encode(secure));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // What must be refused.
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Handshake_OfAVersion_IsAcceptedOrNot(SslProtocols version, bool isAccepted)
    {
        await using var service = await Start();
        using var socket = new TcpClient();
        await socket.ConnectAsync(Grpc(service).Host, Grpc(service).Port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = Name,
            EnabledSslProtocols = version,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ClientCertificateContext = Pem.Identity(_mesh.Write("router").Certificate, _mesh.Write("router").Key),
        };
        var fault = await Record.ExceptionAsync(() => stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken));
        Assert.Equal(isAccepted, fault is null);
        if (isAccepted)
        {
            Assert.Equal((version, SslApplicationProtocol.Http2), (stream.SslProtocol, stream.NegotiatedApplicationProtocol));
        }
    }

    /// <summary>Probes show no certificate.</summary>
    [Fact]
    public async Task Health_OverHttps_NeedsNoCertificate()
    {
        await using var service = await Start();
        var authorities = Pem.Certificates(_mesh.Path);
        using var http = new HttpClient(MeshTransport.Tls(() => authorities, () => null).Secure(new SocketsHttpHandler(), Name));
        Assert.Equal(Uri.UriSchemeHttps, service.Http.Scheme);
        using var answer = await http.GetAsync(new Uri(service.Http, "/healthz"), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task Certificate_Exchanged_IsUsedForNewConnections()
    {
        await using var service = await Start();
        var router = _mesh.Write("router");
        using var before = _mesh.Open(Grpc(service), Name, router);
        await Encode(before);
        var old = await Handshake.Shown(service.Http);
        _mesh.Write(Name);
        await Patience.Until("the new certificate", async () => await Handshake.Shown(service.Http) != old);
        // The connection that was there goes on.
        await Encode(before);
        using var after = _mesh.Open(Grpc(service), Name, router);
        await Encode(after);
    }

    [Theory]
    [InlineData("--Tls:Certificate=CERTIFICATE", "Tls:Key is missing; Certificate needs it")]
    [InlineData("--Tls:Certificate=CERTIFICATE --Tls:Key=KEY", "Tls:Authority is missing; Certificate needs it")]
    [InlineData("--Tls:Certificate=CERTIFICATE --Tls:Key=OTHER --Tls:Authority=AUTHORITY", "OTHER: not the private key of CERTIFICATE")]
    [InlineData("--Tls:Certificate=CERTIFICATE --Tls:Key=NONE --Tls:Authority=AUTHORITY", "NONE: no such file")]
    [InlineData("--Tls:Certificate=CERTIFICATE --Tls:Key=CERTIFICATE --Tls:Authority=AUTHORITY", "CERTIFICATE: no private key in it")]
    [InlineData("--Tls:Certificate=KEY --Tls:Key=KEY --Tls:Authority=AUTHORITY", "KEY: no certificate in it (PEM)")]
    [InlineData("--Tls:Certificate=CERTIFICATE --Tls:Key=KEY --Tls:Authority=EMPTY", "EMPTY: no certificate in it (PEM)")]
    [InlineData("--Tls:ClientAuthority=AUTHORITY", "Tls:ClientAuthority: needs PublicCertificate or Certificate")]
    [InlineData("--Tls:PublicKey=KEY", "Tls:PublicCertificate is missing; PublicKey needs it")]
    [InlineData("--Tls:Certificat=CERTIFICATE", "Tls:Certificat: there is no such setting; the nearest name is Tls:Certificate")]
    public async Task Start_FilesThatDoNotFit_OneLineNamesThem(string settings, string message)
    {
        var (own, other) = (_mesh.Write(Name), _mesh.Write("router"));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["empty"], "", TestContext.Current.CancellationToken);
        string Fill(string text) => text.Replace("CERTIFICATE", own.Certificate, StringComparison.Ordinal)
            .Replace("OTHER", other.Key, StringComparison.Ordinal).Replace("=KEY", $"={own.Key}", StringComparison.Ordinal)
            .Replace("AUTHORITY", _mesh.Path, StringComparison.Ordinal).Replace("NONE", folder["none"], StringComparison.Ordinal)
            .Replace("EMPTY", folder["empty"], StringComparison.Ordinal);

        var e = await Assert.ThrowsAnyAsync<Exception>(() => RunningService.Start(StubTextEncoder.Create, null, Fill(settings).Split(' ')));

        Assert.True(e is InvalidSettingException or InvalidPemException, e.ToString());
        Assert.EndsWith(Fill(message).Replace("KEY:", $"{own.Key}:", StringComparison.Ordinal), e.Message);
    }

    /// <summary>Authorities are exchanged by a file with both.</summary>
    [Fact]
    public void Certificates_OfFilesPutTogether_AreAllReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        var (mesh, other) = (File.ReadAllText(_mesh.Path), File.ReadAllText(_other.Path));
        File.WriteAllText(folder["both"], mesh + other);
        Assert.Equal(2, Pem.Certificates(folder["both"]).Count);
        File.WriteAllText(folder["joined"], mesh.TrimEnd() + other + mesh);
        var e = Assert.Throws<InvalidPemException>(() => Pem.Certificates(folder["joined"]));
        Assert.EndsWith("2 of 3 certificates in it cannot be read; BEGIN and END must be on lines of their own", e.Message);
    }

    /// <summary>Files are replaced one after the other; what is wrong for longer is told once, and the old ones stay.</summary>
    [Fact]
    public void Reload_OfFilesThatDoNotFit_KeepsTheOldOnes()
    {
        var (certificate, key) = _mesh.Write(Name);
        var file = new ReloadedFile<SslStreamCertificateContext>([certificate, key], () => Pem.Identity(certificate, key));
        var (first, good) = (file.Value, File.ReadAllText(key));
        string? Told() => Enumerable.Range(0, 2 * ReloadedFile<SslStreamCertificateContext>.ReadsBeforeTold).Select(_ => file.Reload())
            .SingleOrDefault(told => told is not null);

        Assert.Null(Told());
        File.WriteAllText(key, File.ReadAllText(_mesh.Write("router").Key));
        Assert.Null(file.Reload());
        Assert.Equal($"{key}: not the private key of {certificate}", Told());
        Assert.Null(Told());
        Assert.Same(first, file.Value);
        File.Delete(key);
        Assert.Null(file.Reload());
        Assert.Equal($"{key}: no such file", Told());
        File.WriteAllText(key, good);
        Assert.Null(file.Reload());
        _mesh.Write(Name);
        Assert.Null(file.Reload());
        Assert.NotSame(first, file.Value);
    }

    private static Uri Grpc(RunningService service) => new($"https://{service.Address}");

    private static async Task<EncodeResponse> Encode(GrpcChannel channel) => await new TextEncoderService.TextEncoderServiceClient(channel)
        .EncodeAsync(new EncodeRequest(), cancellationToken: TestContext.Current.CancellationToken);

    private Task<RunningService> Start() => RunningService.Start(StubTextEncoder.Create, null, _mesh.SettingsOf(Name));
}
