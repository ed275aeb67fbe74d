using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>A mesh with TLS, two callers with keys and one with a certificate.</summary>
public sealed class SecureMeshToCall : IAsyncLifetime
{
    private readonly TemporaryFolder _runtime = new();
    private readonly TemporaryFolder _keys = new();
    private readonly TestAuthority _clients = new("the clients' authority");
    private readonly TestAuthority _strangers = new("a stranger");
    private LocalProcess _mesh = null!;

    public string Gateway { get; private set; } = "";

    /// <summary>The URL of its HTTP port.</summary>
    public string Url => $"https://{_mesh.Table.Single(row => row.Service == "gateway").Http}";

    /// <summary>The file of the authority that signed the gateway's certificate.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>The file of another one.</summary>
    public string OtherAuthority => _strangers.Path;

    /// <summary>The file of a key that may do all that the clients do.</summary>
    public string Key => _keys["clinic"];

    /// <summary>The file of a key with the right "read" alone.</summary>
    public string ReadersKey => _keys["reader"];

    /// <summary>The options of a certificate that is a caller's.</summary>
    public string[] Certificate => OptionsOf(_clients, "ris");

    /// <summary>Of a certificate from the clients' authority that is no caller's.</summary>
    public string[] UnknownCertificate => OptionsOf(_clients, "nobody");

    /// <summary>Of a caller's name, but from an authority that the gateway does not trust.</summary>
    public string[] ForgedCertificate => OptionsOf(_strangers, "ris");

    public async ValueTask InitializeAsync()
    {
        var callers = _keys["callers.json"];
        await CreateKey("clinic", "infer,read", callers);
        await CreateKey("reader", "read", callers);
        CallerFile.Change(callers, present => [.. present, new CallerEntry("ris", ["infer", "read"], Certificate: "CN=ris")]);
        (_mesh, Gateway) = await LocalProcess.UpWhole(_runtime, "--tls", "--callers", callers, "--set", $"Tls:ClientAuthority={_clients.Path}");
        Authority = Assert.Single(Directory.GetFiles(_runtime.Path, "authority.pem", SearchOption.AllDirectories));
    }

    public ValueTask DisposeAsync()
    {
        // Null where the mesh did not start.
        _mesh?.Dispose();
        _runtime.Dispose();
        _keys.Dispose();
        _clients.Dispose();
        _strangers.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string[] OptionsOf(TestAuthority authority, string name)
    {
        var (certificate, key) = authority.Write(name);
        return ["--certificate", certificate, "--certificate-key", key];
    }

    private async Task CreateKey(string name, string rights, string callers)
    {
        var made = await Tool.Run("Local", "key", "create", name, "--file", callers, "--rights", rights);
        Assert.True(made.ExitCode == 0, made.Error);
        await File.WriteAllTextAsync(_keys[name], made.Output, TestContext.Current.CancellationToken);
    }
}
