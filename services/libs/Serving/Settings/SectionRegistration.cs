using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Settings;

public static class SectionRegistration
{
    /// <summary>Reads options that are needed before the host exists to validate them.</summary>
    /// <exception cref="InvalidSettingException">An invalid option, or an unknown setting.</exception>
    public static TOptions Read<TOptions>(this IConfigurationSection section)
        where TOptions : class, new()
    {
        SettingNames.Require<TOptions>(section);
        var options = section.Get<TOptions>() ?? new TOptions();
        var validation = new SectionValidation<TOptions>(section.Key).Validate(name: null, options);
        return validation.Failed ? throw new InvalidSettingException(validation.FailureMessage) : options;
    }

    /// <summary>Binds options to a section of the settings. Invalid options and unknown settings fail the start.</summary>
    public static IServiceCollection AddSection<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>()
            // Before the binding, whose own errors are in .NET's words.
            .Configure<IConfiguration>((_, configuration) => SettingNames.Require<TOptions>(configuration.GetSection(section)))
            .BindConfiguration(section)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>>(new SectionValidation<TOptions>(section));
        return services;
    }
}
