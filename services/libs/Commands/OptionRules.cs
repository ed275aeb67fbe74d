using System.CommandLine;
using System.Globalization;

namespace MedMoE.Mesh.Commands;

/// <summary>What values of options are refused, and in which words.</summary>
public static class OptionRules
{
    public static void AddOptions(this Command command, params IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Refuses smaller numbers by the option's name.</summary>
    public static void RequireAtLeast(this Option<int> option, int least) => option.Validators.Add(result =>
    {
        // What is no number is told by the parser.
        if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value < least)
        {
            result.AddError($"{option.Name} {value}: expected {least} or more");
        }
    });

    /// <summary>Reads the option's value by a function, whose <see cref="FormatException"/> is told under the option's name.</summary>
    public static Option<T?> ReadBy<T>(this Option<T?> option, Func<string, T> read)
        where T : class
    {
        option.CustomParser = result =>
        {
            try
            {
                return read(result.Tokens[0].Value);
            }
            catch (FormatException e)
            {
                result.AddError($"{option.Name}: {e.Message}");
                return null;
            }
        };
        return option;
    }
}
