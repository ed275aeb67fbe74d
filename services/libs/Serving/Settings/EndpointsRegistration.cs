using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Reloading;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Serving.Settings;

public static class EndpointsRegistration
{
    /// <summary>Binds <see cref="EndpointOptions"/>, including the file that they name, and reloads them when the file changes.</summary>
    /// <exception cref="InvalidSettingException">The file cannot be used.</exception>
    public static void AddEndpoints(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[$"{EndpointOptions.Section}:{nameof(EndpointOptions.File)}"] is { Length: > 0 } path)
        {
            var file = new EndpointsFile(Path.GetFullPath(path));
            ((IConfigurationBuilder)builder.Configuration).Add(file);
            builder.Services.AddSingleton<IReloaded>(_ => file);
        }
        builder.Services.AddSection<EndpointOptions>(EndpointOptions.Section);
    }
}
