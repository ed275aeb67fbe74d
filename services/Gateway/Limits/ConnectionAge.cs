using MedMoE.Mesh.Gateway.Settings;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Closes connections older than Gateway:MaxConnectionAge gracefully: GOAWAY, in HTTP/1.1 after an answer, and running calls finish.
/// </summary>
internal static class ConnectionAge
{
    public static void UseConnectionAge(this ListenOptions listen)
    {
        var max = listen.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.MaxConnectionAge;
        if (max == TimeSpan.Zero)
        {
            return;
        }
        listen.Use(next => async connection =>
        {
            // Randomised, so that connections opened together do not close together.
            var age = max * (0.9 + (0.2 * Random.Shared.NextDouble()));
            var close = connection.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>();
            await using var timer = new Timer(_ => close.RequestClose(), null, age, Timeout.InfiniteTimeSpan);
            await next(connection);
        });
    }
}
