using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Hosting;

public static class LogLevels
{
    /// <summary>The least level of log lines of a category, unless a setting says otherwise (<c>Logging:LogLevel:CATEGORY</c>).</summary>
    public static void LogFrom(this WebApplicationBuilder builder, LogLevel level, string category) => builder.Configuration.Sources.Insert(
        0, new MemoryConfigurationSource { InitialData = [new($"Logging:LogLevel:{category}", level.ToString())] });
}
