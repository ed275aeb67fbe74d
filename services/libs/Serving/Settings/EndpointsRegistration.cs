using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace MedMoE.Mesh.Serving.Settings;

public static class EndpointsRegistration
{
    /// <summary>Binds <see cref="EndpointOptions"/>, including the file that they name, and reloads them when the file changes.</summary>
    public static void AddEndpoints(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[$"{EndpointOptions.Section}:{nameof(EndpointOptions.File)}"] is { Length: > 0 } file)
        {
            builder.Configuration.AddJsonFile(source =>
            {
                source.Path = Path.GetFullPath(file);
                source.ResolveFileProvider();
                source.ReloadOnChange = true;
                // The file is replaced atomically, so a reload need not wait for the end of a write.
                source.ReloadDelay = 20;
            });
            RenamedSettings.Refuse(builder.Configuration);
        }
        builder.Services.AddSection<EndpointOptions>(EndpointOptions.Section);
    }
}
