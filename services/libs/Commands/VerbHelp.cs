using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Commands;

/// <summary>
/// Help as a user types the command: <c>./mesh VERB</c>. Its width is fixed, because the launcher shows it from the files in <c>help</c>, without a
/// build; a test compares them.
/// </summary>
internal static partial class VerbHelp
{
    private const int Width = 130;

    /// <summary>
    /// System.CommandLine's help, but with our usage: its own names the assembly, and puts a parent's arguments before the subcommand.
    /// </summary>
    public static string Of(ParseResult parsed, HelpAction help)
    {
        help.MaxWidth = Width;
        using var text = new StringWriter();
        parsed.Invoke(new InvocationConfiguration { Output = text });
        var command = parsed.CommandResult.Command;
        var own = UsageSection().Replace(text.ToString(), $"Usage:\n{Usage(command)}\n\n");
        string[] inherited = [.. Lineage(command).SkipLast(1).SelectMany(c => c.Arguments).Select(a => $"  <{a.Name}>  ")];
        return string.Join('\n', own.Split('\n').Select(l => l.TrimEnd()).Where(l => !inherited.Any(l.StartsWith)))
            .Replace("Arguments:\n\n", "", StringComparison.Ordinal).TrimEnd() + '\n';
    }

    /// <summary>A command as a user types it, without arguments and options.</summary>
    public static string LineOf(Command command) => $"./mesh {string.Join(' ', Lineage(command).Select(c => c.Name))}";

    private static string Usage(Command command)
    {
        var verb = LineOf(command);
        var arguments = string.Concat(command.Arguments.Select(a => a.Arity.MaximumNumberOfValues > 1 ? $" {a.Name}…" : $" {a.Name}"));
        string[] lines =
        [
            .. command.Action is null ? Array.Empty<string>() : [$"  {verb}{arguments} [options]"],
            .. command.Subcommands.Count == 0 ? [] : new[] { $"  {verb} {string.Join('|', command.Subcommands.Select(c => c.Name))} …" },
        ];
        return string.Join('\n', lines);
    }

    /// <summary>A command and those above it, without the root, whose name is the assembly's.</summary>
    private static IEnumerable<Command> Lineage(Command command) =>
        command is RootCommand ? [] : [.. Lineage(command.Parents.OfType<Command>().Single()), command];

    [GeneratedRegex(@"Usage:\r?\n.*?\n\r?\n", RegexOptions.Singleline)]
    private static partial Regex UsageSection();
}
