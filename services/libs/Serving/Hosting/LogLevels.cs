using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Hosting;

public static class LogLevels
{
    /// <summary>The least level of log lines of a category, unless a setting says otherwise (<c>Logging:LogLevel:CATEGORY</c>).</summary>
    public static void LogFrom(this WebApplicationBuilder builder, LogLevel level, string category) =>
        // Of two rules for a category the last one counts, so these stand before those of the settings.
        builder.Services.Configure<LoggerFilterOptions>(
            filters => filters.Rules.Insert(0, new LoggerFilterRule(providerName: null, category, level, filter: null)));
}
