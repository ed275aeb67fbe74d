using System.CommandLine;

namespace MedMoE.Mesh.Local.Keys;

/// <summary><c>mesh key</c>: the callers of a gateway and their keys.</summary>
internal sealed class KeyCommand : Command
{
    public KeyCommand()
        : base("key", "Makes, lists and revokes the keys of callers, in a file that gateways read (Access:Callers, mesh up --callers).")
    {
        Subcommands.Add(new CreateKeyCommand());
        Subcommands.Add(new ListKeysCommand());
        Subcommands.Add(new RevokeKeyCommand());
    }

    /// <summary>The option of every subcommand.</summary>
    public static Option<string> File() => new("--file")
    {
        Description = "The file of callers.",
        DefaultValueFactory = _ => "callers.json",
    };
}
