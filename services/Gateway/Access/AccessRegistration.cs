using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.Serving.Settings;

namespace MedMoE.Mesh.Gateway.Access;

internal static class AccessRegistration
{
    /// <summary>Registers callers and tokens; their files are read now, so that an error is reported before the host starts.</summary>
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSection<AccessOptions>(AccessOptions.Section);
        var options = builder.Configuration.GetSection(AccessOptions.Section).Read<AccessOptions>();
        if (options.Callers is { } path)
        {
            var callers = new ReloadedFile<CallerList>([path], () => CallerList.Read(path));
            builder.Services.AddSingleton(callers).AddSingleton<IReloaded>(callers);
        }
        builder.AddTokens(options);
    }
}
