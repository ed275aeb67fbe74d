using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.Extensions.Configuration;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>Renamed settings. An old name is an error; it would be ignored otherwise.</summary>
internal static class RenamedSettings
{
    private static readonly (string Old, string New)[] _renamed =
    [
        ("Endpoints:Router", "Endpoints:Services:router"),
        ("Endpoints:Backbone", "Endpoints:Services:backbone"),
        ("Endpoints:TextEncoder", "Endpoints:Services:text-encoder"),
        ("Endpoints:Expert", $"Endpoints:{nameof(EndpointOptions.Default)}, or Endpoints:Services:expert-NAME"),
        ("Endpoints:Experts", "Endpoints:Services:expert-NAME"),
        ("Serving:LargestMessage", "Serving:MaxMessageBytes"),
        ("Cache:LargestEntry", "Cache:MaxEntryBytes"),
        ("Cache:RedisPatience", "Cache:RedisTimeout"),
        ("Backbone:LargestBatch", "Backbone:MaxBatchSize"),
        ("Backbone:QueueDelay", "Backbone:MaxQueueDelay"),
        ("Backbone:MostPixels", "Backbone:MaxPixels"),
        ("TextEncoder:LargestBatch", "TextEncoder:MaxBatchSize"),
        ("TextEncoder:PaddedTokens", "TextEncoder:MaxBatchTokens"),
        ("Expert:LargestBatch", "Expert:MaxBatchSize"),
        ("Expert:QueueDelay", "Expert:MaxQueueDelay"),
        ("Expert:MostWords", "Expert:MaxWords"),
        ("Expert:Patience", "Expert:MessageTimeout"),
        ("Router:MostTexts", "Router:MaxTexts"),
        ("Gateway:MostCalls", "Gateway:MaxCalls"),
        ("Gateway:StreamIdleTime", "Gateway:StreamIdleTimeout"),
    ];

    /// <exception cref="InvalidSettingException">An old name is set.</exception>
    public static void Refuse(IConfiguration configuration)
    {
        foreach (var (old, current) in _renamed)
        {
            if (configuration.GetSection(old).Exists())
            {
                throw new InvalidSettingException(old, $"is now {current}");
            }
        }
    }
}
