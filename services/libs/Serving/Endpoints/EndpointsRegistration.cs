using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Serving.Endpoints;

public static class EndpointsRegistration
{
    /// <summary>Binds <see cref="EndpointOptions"/>, from the file they name, too, and keeps them up to date with it.</summary>
    public static void AddEndpoints(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[$"{EndpointOptions.Section}:{nameof(EndpointOptions.File)}"] is { Length: > 0 } file)
        {
            builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: true);
        }
        builder.Services.AddOptions<EndpointOptions>().BindConfiguration(EndpointOptions.Section).ValidateDataAnnotations().ValidateOnStart();
    }
}
