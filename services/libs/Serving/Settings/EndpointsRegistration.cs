using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace MedMoE.Mesh.Serving.Settings;

public static class EndpointsRegistration
{
    /// <summary>Binds <see cref="EndpointOptions"/>, from the file they name, too, and keeps them up to date with it.</summary>
    public static void AddEndpoints(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[$"{EndpointOptions.Section}:{nameof(EndpointOptions.File)}"] is { Length: > 0 } file)
        {
            builder.Configuration.AddJsonFile(source =>
            {
                source.Path = Path.GetFullPath(file);
                source.ResolveFileProvider();
                source.ReloadOnChange = true;
                // Whoever writes it puts a whole one in its place: there is nothing to wait for.
                source.ReloadDelay = 20;
            });
            RenamedSettings.Refuse(builder.Configuration);
        }
        builder.Services.AddSection<EndpointOptions>(EndpointOptions.Section);
    }
}
