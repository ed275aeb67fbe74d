using Grpc.Core;
using Grpc.Health.V1;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Waits until a service reports SERVING.</summary>
internal static class Healthy
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static async Task Await(ChannelBase channel)
    {
        using var watch = new Health.HealthClient(channel).Watch(new HealthCheckRequest(), deadline: DateTime.UtcNow + _patience);
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (watch.ResponseStream.Current.Status == HealthCheckResponse.Types.ServingStatus.Serving)
            {
                return;
            }
        }
        throw new InvalidOperationException("the service ended before it served");
    }
}
