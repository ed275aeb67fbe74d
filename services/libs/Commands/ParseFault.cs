using System.CommandLine;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Commands;

/// <summary>What is wrong with a command line, in one line that names the word and the nearest known one.</summary>
internal static class ParseFault
{
    /// <param name="parsed">A command line with at least one error.</param>
    public static string Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        string[] verbs = [.. command.Subcommands.Select(c => c.Name)];
        return parsed.UnmatchedTokens switch
        {
            [['-', ..] option, ..] => Unknown("option", option.Split('=')[0], command.Options.Where(o => !o.Hidden).Select(o => o.Name)),
            [var verb, ..] when verbs.Length > 0 => Unknown($"{command.Name} command", verb, verbs),
            [var argument, ..] => $"unexpected argument \"{argument}\"",
            [] when command.Action is null => $"{command.Name} needs one of {string.Join(", ", verbs)}",
            [] => parsed.Errors[0].Message,
        };
    }

    private static string Unknown(string kind, string word, IEnumerable<string> known) =>
        $"there is no {kind} {word}; the nearest is {NearestName.To(word, known)}";
}
