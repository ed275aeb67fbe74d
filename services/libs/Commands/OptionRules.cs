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
            var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            option.HelpName ??= type == typeof(int) ? "N" : type == typeof(double) || type == typeof(float) ? "X" : null;
            command.Options.Add(option);
        }
    }

    /// <summary>An option with one of these values. System.CommandLine's own rule does not name the option in its error.</summary>
    public static Option<T> OneOf<T>(this Option<T> option, params string[] values)
    {
        option.HelpName = string.Join('|', values);
        option.CompletionSources.Add(values);
        option.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => !values.Contains(token.Value)) is { } unknown)
            {
                result.AddError($"{option.Name}: \"{unknown.Value}\" is not one of {string.Join(", ", values)}");
            }
        });
        return option;
    }

    /// <summary>An option with a list: <c>a,b</c>, <c>a b</c> and repeated options are the same.</summary>
    /// <param name="option">The option.</param>
    /// <param name="allowed">The words it may have; none: any.</param>
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

    /// <summary>Requires that a list has no item twice.</summary>
    public static Option<string[]> Distinct(this Option<string[]> option)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string[]>()?.CountBy(item => item).FirstOrDefault(item => item.Value > 1).Key is { } twice)
            {
                result.AddError($"{option.Name}: {twice} is there twice");
            }
        });
        return option;
    }

    /// <summary>An argument with a list, as <see cref="Listed(Option{string[]}, string[])"/>.</summary>
    public static Argument<string[]> Listed(this Argument<string[]> argument)
    {
        argument.Arity = ArgumentArity.OneOrMore;
        argument.CustomParser = result =>
        {
            var items = Items(result);
            if (items.FirstOrDefault(item => item.StartsWith('-')) is { } option)
            {
                // The parser takes an unknown option for an argument.
                result.AddError($"unknown option {option}");
            }
            return items;
        };
        return argument;
    }

    public static void RequireAtLeast(this Option option, int least, int most = int.MaxValue) => option.Validators.Add(result =>
    {
        // The parser reports values that are not numbers.
        if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
            && (value < least || value > most))
        {
            result.AddError($"{option.Name} {value}: expected {(most == int.MaxValue ? $"{least} or more" : $"{least} to {most}")}");
        }
    });

    /// <summary>Requires a finite number that is above 0, or from 0.</summary>
    public static void RequireAmount(this Option option, bool mayBeZero) => option.Validators.Add(result =>
    {
        // The parser reports values that are not numbers.
        if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
            && !(double.IsFinite(value) && (value > 0 || (mayBeZero && value == 0))))
        {
            result.AddError($"{option.Name} {token.Value}: expected a number {(mayBeZero ? "from" : "above")} 0");
        }
    });

    /// <summary>
    /// Parses the option's value, a list as in <see cref="Listed(Option{string[]}, string[])"/>, by a function, whose
    /// <see cref="FormatException"/> is reported under the option's name.
    /// </summary>
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
