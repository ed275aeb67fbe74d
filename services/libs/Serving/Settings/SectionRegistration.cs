using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Serving.Settings;

public static class SectionRegistration
{
    /// <summary>Binds options to a section of the settings. Invalid options fail the start.</summary>
    public static IServiceCollection AddSection<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        return services;
    }
}
