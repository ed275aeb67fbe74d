using System.CommandLine;
using System.Globalization;

namespace MedMoE.Mesh.Commands;

public static class OptionRules
{
    public static void AddOptions(this Command command, params IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public static void RequireAtLeast(this Option<int> option, int least) => option.Validators.Add(result =>
    {
        // The parser reports values that are not numbers.
        if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value < least)
        {
            result.AddError($"{option.Name} {value}: expected {least} or more");
        }
    });

    /// <summary>Parses the option's value by a function, whose <see cref="FormatException"/> is reported under the option's name.</summary>
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
