using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Local.Keys;

/// <summary><c>mesh key create NAME</c>: prints or writes a new key, once; the file of callers has only its digest.</summary>
internal sealed class CreateKeyCommand : Command
{
    private readonly Argument<string> _name = new("NAME") { Description = "Name of the caller, for logs and the audit." };
    private readonly Option<string[]> _rights = new Option<string[]>("--rights")
    {
        Description = "What the key opens: infer, to analyse, classify and embed, over gRPC and every HTTP door; read, to ask which experts and "
            + "models there are, and reflection; direct, to call backbone, text encoder and experts by name; operate, to change the mesh.",
        DefaultValueFactory = _ => ["infer", "read"],
    }.Listed("infer", "read", "direct", "operate");
    private readonly Option<int?> _callsPerSecond = new("--calls-per-second") { Description = "Calls per second. Default: the gateway's limit." };
    private readonly Option<int?> _maxCalls = new("--max-calls")
    {
        Description = "Calls at once, of one message each, and as many streams. Default: the gateway's share of a client.",
    };
    private readonly Option<long?> _maxBytes = new("--max-bytes")
    {
        Description = "Bytes of waiting request messages. Default: the gateway's share of a client.",
        HelpName = "N",
    };
    private readonly Option<int> _weight = new("--weight")
    {
        Description = "Share of a queue, compared with other callers'.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<string> _priority = new Option<string>("--priority")
    {
        Description = "sheddable: gives way to others.",
        DefaultValueFactory = _ => CallerShare.Normal,
    }.OneOf(CallerShare.Normal, CallerShare.Sheddable);
    private readonly Option<string> _file = KeyCommand.File();
    private readonly Option<string?> _out = new("--out")
    {
        Description = "A new file for the key, which only its owner can read. Default: the key goes to standard output.",
        HelpName = "FILE",
    };

    public CreateKeyCommand()
        : base("create", "Adds a caller with a new key to the file, and prints or writes the key. It is there only this once.")
    {
        Arguments.Add(_name);
        this.AddOptions(_rights, _callsPerSecond, _maxCalls, _maxBytes, _weight, _priority, _file, _out);
        foreach (var option in new Option[] { _callsPerSecond, _maxCalls, _weight })
        {
            option.RequireAtLeast(1);
        }
        SetAction(Run);
    }

    private int Run(ParseResult arguments)
    {
        var (file, name) = (arguments.GetRequiredValue(_file), arguments.GetRequiredValue(_name));
        var key = AccessKey.Create();
        using var written = arguments.GetValue(_out) is { } path ? new NewKeyFile(path, key) : null;
        CallerFile.Change(file, callers =>
        [
            .. callers.All(caller => caller.Name != name) ? callers : throw new LocalMeshException(
                $"{file}: {name} has a key already; take another name, or first revoke that key: ./mesh key revoke {name} --file {file}"),
            new CallerEntry(
                name, arguments.GetRequiredValue(_rights), CallerList.DigestOf(key), CallsPerSecond: arguments.GetValue(_callsPerSecond),
                MaxCalls: arguments.GetValue(_maxCalls), MaxBytes: arguments.GetValue(_maxBytes), Weight: arguments.GetValue(_weight),
                Priority: arguments.GetRequiredValue(_priority)),
        ]);
        var told = $"the key of {name}, shown only now";
        if (written is not null)
        {
            written.Keep();
            told = $"the key of {name} is in {arguments.GetValue(_out)}, and nowhere else";
        }
        else
        {
            Console.Out.WriteLine(key);
        }
        Console.Error.WriteLine($"{told}; {file} has its digest. Gateways that read the file know it within a second");
        return 0;
    }
}
