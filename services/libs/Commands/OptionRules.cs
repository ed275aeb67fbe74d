using System.CommandLine;
using System.Globalization;

namespace MedMoE.Mesh.Commands;

/// <summary>What values of options are refused, and in which words.</summary>
public static class OptionRules
{
    /// <summary>Refuses smaller numbers by the option's name.</summary>
    public static void RequireAtLeast(this Option<int> option, int least) => option.Validators.Add(result =>
    {
        // What is no number is told by the parser.
        if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value < least)
        {
            result.AddError($"{option.Name} {value}: expected {least} or more");
        }
    });
}
