using System.CommandLine;
using System.Text;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.Client;

/// <summary>The options of every verb that calls a mesh.</summary>
public sealed class ConnectionOptions
{
    /// <summary>The key, where <c>--key</c> is not given. Not an option: command lines are seen by other users.</summary>
    public const string KeyVariable = "MEDMOE_KEY";

    private readonly Option<bool> _tls = new("--tls") { Description = "Connect with TLS, trusting the system's authorities." };
    private readonly Option<string?> _authority = new("--authority")
    {
        Description = "PEM file of the authority to trust instead; implies --tls.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _certificate = new("--certificate")
    {
        Description = "PEM file of a client certificate to show; implies --tls, needs --certificate-key.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _certificateKey = new("--certificate-key") { Description = "PEM file of its private key.", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--key")
    {
        Description = $"File with the key or token to send. Default: the environment variable {KeyVariable}, or none.",
        HelpName = "FILE",
    };

    public IEnumerable<Option> All => [_tls, _authority, _certificate, _certificateKey, _key];

    /// <summary>The connection that the options describe. What they leave out is as in <paramref name="otherwise"/>, null for nothing.</summary>
    /// <exception cref="FileNotFoundException">The key's file is not there.</exception>
    public Connection Read(ParseResult arguments, Connection? otherwise = null)
    {
        otherwise ??= new Connection();
        return new Connection
        {
            Tls = arguments.GetValue(_tls) || otherwise.Tls,
            Authority = arguments.GetValue(_authority) ?? otherwise.Authority,
            Certificate = arguments.GetValue(_certificate) ?? otherwise.Certificate,
            CertificateKey = arguments.GetValue(_certificateKey) ?? otherwise.CertificateKey,
            Key = arguments.GetValue(_key) is { } file ? KeyIn(file)
                : Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : otherwise.Key,
        };
    }

    private static string KeyIn(string file)
    {
        var key = Encoding.UTF8.GetString(CommandHost.ReadFile(file)).Trim();
        return key.Length > 0 && key.All(c => c is > ' ' and < (char)127) ? key
            : throw new ConnectionException($"{file}: not a key: one line of printable ASCII without blanks is expected");
    }
}
