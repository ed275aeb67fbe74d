using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MedMoE.Mesh.Commands;

public static class OptionRules
{
    public static void AddOptions(this Command command, params IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            option.HelpName ??= option.ValueType == typeof(int) || option.ValueType == typeof(int?) ? "N"
                : option.ValueType == typeof(double) || option.ValueType == typeof(double?) || option.ValueType == typeof(float?) ? "X" : null;
            command.Options.Add(option);
        }
    }

    /// <summary>An option with a list: <c>a,b</c>, <c>a b</c> and repeated options are the same. Without <paramref name="allowed"/>, of any words.</summary>
    public static Option<string[]> Listed(this Option<string[]> option, params string[] allowed)
    {
        option.HelpName ??= "a,b,…";
        option.AllowMultipleArgumentsPerToken = true;
        option.CustomParser = result =>
        {
            var items = Items(result);
            if (items.FirstOrDefault(item => allowed.Length > 0 && !allowed.Contains(item)) is { } unknown)
            {
                result.AddError($"{option.Name}: \"{unknown}\" is not one of {string.Join(", ", allowed)}");
            }
            return items;
        };
        return option;
    }

    /// <summary>An argument with a list, as <see cref="Listed(Option{string[]}, string[])"/>.</summary>
    public static Argument<string[]> Listed(this Argument<string[]> argument)
    {
        argument.Arity = ArgumentArity.OneOrMore;
        argument.CustomParser = Items;
        return argument;
    }

    public static void RequireAtLeast(this Option option, int least) => option.Validators.Add(result =>
    {
        // The parser reports values that are not numbers.
        if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value < least)
        {
            result.AddError($"{option.Name} {value}: expected {least} or more");
        }
    });

    /// <summary>Parses the option's value, a list as in <see cref="Listed(Option{string[]}, string[])"/>, by a function, whose <see cref="FormatException"/> is reported under the option's name.</summary>
    public static Option<T?> ReadBy<T>(this Option<T?> option, Func<string, T> read)
        where T : class
    {
        option.HelpName ??= "a,b,…";
        option.AllowMultipleArgumentsPerToken = true;
        option.Arity = ArgumentArity.OneOrMore;
        option.CustomParser = result =>
        {
            try
            {
                return read(string.Join(',', Items(result)));
            }
            catch (FormatException e)
            {
                result.AddError($"{option.Name}: {e.Message}");
                return null;
            }
        };
        return option;
    }

    private static string[] Items(ArgumentResult result) =>
        [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
}
