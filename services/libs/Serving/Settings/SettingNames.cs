using System.ComponentModel;
using System.Reflection;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Configuration;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>Refuses settings that do not exist or have the wrong form. They would be ignored, or reported in .NET's words.</summary>
internal static class SettingNames
{
    private const string Cache = "Cache";
    private const string Access = "Access";
    private const string Audit = "Audit";

    /// <summary>Sections of all services: <c>mesh up --set</c> gives every service all settings.</summary>
    private static readonly string[] _sections =
    [
        ServingOptions.Section, ModelOptions.Section, EndpointOptions.Section, TlsOptions.Section, Cache, Access, Audit, "Logging",
        .. ServiceCatalog.All.Select(kind => kind.Project),
    ];

    /// <exception cref="InvalidSettingException">A setting on the command line is in no section.</exception>
    public static void RequireSections(IEnumerable<string> arguments)
    {
        foreach (var key in arguments.Where(a => a.StartsWith("--", StringComparison.Ordinal) && a.Contains(':')).Select(a => a[2..].Split('=')[0]))
        {
            var section = key.Split(':')[0];
            Require(key, section, _sections, nearest => nearest + key[section.Length..], "the sections are");
        }
    }

    /// <exception cref="InvalidSettingException">
    /// The section has a key that <typeparamref name="TOptions"/> does not have, or a value of another type.
    /// </exception>
    public static void Require<TOptions>(IConfigurationSection section) => Require(typeof(TOptions), section);

    private static void Require(Type options, IConfigurationSection section)
    {
        var properties = options.GetProperties();
        foreach (var setting in section.GetChildren())
        {
            Require(
                setting.Path, setting.Key, [.. properties.Where(p => p.CanWrite).Select(p => p.Name)], nearest => $"{section.Key}:{nearest}",
                $"those of {section.Key} are");
            var property = properties.Single(p => p.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase));
            if (setting.Value is { } value && !IsReadable(property, value))
            {
                throw new InvalidSettingException(setting.Path, $"\"{value}\" is not {Form(property.PropertyType)}");
            }
            if (ElementOf(property.PropertyType) is { } element)
            {
                foreach (var one in setting.GetChildren())
                {
                    Require(element, one);
                }
            }
        }
    }

    /// <summary>The type of a list's elements, if these have settings of their own.</summary>
    private static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) && type.GetGenericArguments()[0] is { IsClass: true } element
        && element != typeof(string) ? element : null;

    private static void Require(string path, string name, IReadOnlyList<string> known, Func<string, string> whole, string all)
    {
        if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            var rest = NearestName.To(name, known) is { } nearest ? $"the nearest name is {whole(nearest)}"
                : $"{all} {string.Join(", ", known)}";
            throw new InvalidSettingException(path, $"there is no such setting; {rest}");
        }
    }

    private static bool IsReadable(PropertyInfo property, string value)
    {
        if (property.PropertyType == typeof(TimeSpan) && value != "0" && !value.Contains(':'))
        {
            // .NET reads "30" as 30 days.
            return false;
        }
        var converter = TypeDescriptor.GetConverter(property.PropertyType);
        try
        {
            return !converter.CanConvertFrom(typeof(string)) || converter.ConvertFromInvariantString(value) is not null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Form(Type type) => Nullable.GetUnderlyingType(type) switch
    {
        { } inner => Form(inner),
        null when type == typeof(TimeSpan) => "a time as 00:00:30 (hours, minutes, seconds)",
        null when type == typeof(bool) => "true or false",
        null when type.IsEnum => $"one of {string.Join(", ", Enum.GetNames(type))}",
        null when type == typeof(int) || type == typeof(long) => $"a whole number{(type == typeof(int) ? " up to 2147483647" : "")}",
        _ => "a number",
    };
}
