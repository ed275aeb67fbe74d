using System.CommandLine;
using System.Globalization;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Local.Keys;

/// <summary><c>mesh key list</c>: the callers of a file, without digests.</summary>
internal sealed class ListKeysCommand : Command
{
    private readonly Option<string> _file = KeyCommand.File();

    public ListKeysCommand()
        : base("list", "Lists the callers of the file, with their rights and limits.")
    {
        Options.Add(_file);
        SetAction(arguments =>
        {
            foreach (var caller in CallerFile.Read(arguments.GetRequiredValue(_file)))
            {
                string[] limits =
                [
                    .. Limit("calls per second", caller.CallsPerSecond), .. Limit("calls at once", caller.MaxCalls),
                    .. Limit("bytes", caller.MaxBytes), .. caller.Weight == 1 ? [] : Limit("weight", caller.Weight),
                    .. caller.Priority == CallerShare.Normal ? Array.Empty<string>() : [caller.Priority],
                ];
                var proof = caller.Certificate is null ? "key" : $"certificate {caller.Certificate}";
                Console.Out.WriteLine(
                    $"{caller.Name}: {string.Join(",", caller.Rights)}; {proof}{string.Concat(limits.Select(limit => $"; {limit}"))}");
            }
            return 0;
        });
    }

    private static string[] Limit(string name, long? value) =>
        value is { } number ? [string.Create(CultureInfo.InvariantCulture, $"{number} {name}")] : [];
}
