using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>Checks options by their attributes, and says which setting is wrong by the name that it has in the configuration.</summary>
internal sealed class SectionValidation<TOptions>(string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        string[] faults =
        [
            .. from property in typeof(TOptions).GetProperties()
               from rule in property.GetCustomAttributes<ValidationAttribute>()
               let value = property.GetValue(options)
               where !rule.IsValid(value)
               select Fault($"{section}:{property.Name}", value, rule),
        ];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string Fault(string setting, object? value, ValidationAttribute rule) => rule switch
    {
        { ErrorMessage: { } own } => own,
        RangeAttribute range => FormattableString.Invariant($"{setting} is {value}; it must be from {range.Minimum} to {range.Maximum}")
            + (range.Maximum is TimeSpan { Days: > 0 } ? " (days.hours:minutes:seconds)" : ""),
        _ => $"{setting} is missing",
    };
}
