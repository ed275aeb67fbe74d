using System.CommandLine;
using System.CommandLine.Parsing;
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
            [['-', ..] option, ..] => UnknownOption(option.Split('=')[0], command),
            [var verb, ..] when verbs.Length > 0 => $"there is no {command.Name} command {verb}; {NearestName.Hint(verb, verbs)}",
            [var argument, ..] => $"unexpected argument \"{argument}\"",
            [] when command.Action is null => $"{command.Name} needs one of {string.Join(", ", verbs)}",
            [] when Missing(parsed) is { Length: > 0 } missing => $"{command.Name} needs {string.Join(", ", missing)}",
            [] => Plain(parsed.Errors[0]),
        };
    }

    /// <summary>System.CommandLine names .NET's types where a value is of another one.</summary>
    private static string Plain(ParseError error) =>
        (error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent) is OptionResult { Option: var option, Tokens: [.., var given] }
        && error.Message.Contains($"{option.ValueType}", StringComparison.Ordinal) && Form(option.ValueType) is { } form
            ? $"{option.Name}: \"{given.Value}\" is not {form}"
            : error.Message;

    private static string? Form(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? Form(inner)
        : type == typeof(int) ? $"a whole number up to {int.MaxValue}"
        : type == typeof(long) ? "a whole number"
        : type == typeof(float) || type == typeof(double) ? "a number"
        : null;

    /// <summary>All arguments and options that are required and not given: System.CommandLine names the first.</summary>
    private static string[] Missing(ParseResult parsed) =>
    [
        .. parsed.CommandResult.Command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is not { Tokens.Count: > 0 })
            .Select(a => a.Name),
        .. parsed.CommandResult.Command.Options.Where(o => o.Required && parsed.GetResult(o) is not { Implicit: false }).Select(o => o.Name),
    ];

    private static string UnknownOption(string option, Command command)
    {
        string[] known = [.. command.Options.Where(o => !o.Hidden).Select(o => o.Name)];
        var rest = known.Length == 0 ? $"{command.Name} has none"
            : NearestName.To(option, known) is { } nearest ? $"the nearest is {nearest}"
            : $"{VerbHelp.LineOf(command)} --help lists them";
        return $"there is no option {option}; {rest}";
    }
}
