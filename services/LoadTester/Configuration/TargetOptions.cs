using System.CommandLine;
using MedMoE.Mesh.Client;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>The options of a verb that say which mesh it calls, instead of a configuration file; whose it is says <paramref name="of"/>.</summary>
internal sealed class TargetOptions(string of)
{
    private readonly Option<string?> _host = new("--host") { Description = $"HOST:PORT to use instead of the {of}." };
    private readonly ConnectionOptions _connection = new();

    public IEnumerable<Option> All => [_host, .. _connection.All];

    /// <summary>The configuration, with what the options say.</summary>
    public LoadConfig Of(LoadConfig config, ParseResult arguments) => config with
    {
        Host = arguments.GetValue(_host) ?? config.Host,
        Connection = _connection.Read(arguments, config.Connection),
    };
}
