using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Serving.Access;

namespace MedMoE.Mesh.Local.Keys;

/// <summary><c>mesh key revoke NAME</c>: removes a caller.</summary>
internal sealed class RevokeKeyCommand : Command
{
    private readonly Argument<string> _name = new("NAME") { Description = "Name of the caller." };
    private readonly Option<string> _file = KeyCommand.File();

    public RevokeKeyCommand()
        : base("revoke", "Removes a caller from the file. Gateways that read it refuse the key, and end the caller's calls, within a second.")
    {
        Arguments.Add(_name);
        Options.Add(_file);
        SetAction(arguments =>
        {
            var (file, name) = (arguments.GetRequiredValue(_file), arguments.GetRequiredValue(_name));
            // A missing file is an error here.
            CallerFile.Read(file);
            CallerFile.Change(file, callers => Without(name, callers, file));
            Console.Error.WriteLine($"{name} is revoked");
            return 0;
        });
    }

    private static CallerEntry[] Without(string name, IReadOnlyList<CallerEntry> callers, string file)
    {
        CallerEntry[] rest = [.. callers.Where(caller => caller.Name != name)];
        if (rest.Length < callers.Count)
        {
            return rest;
        }
        throw new LocalMeshException($"{file}: no caller {name}; {NearestName.Hint(name, [.. callers.Select(caller => caller.Name)])}");
    }
}
