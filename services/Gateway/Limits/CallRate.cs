using System.Threading.RateLimiting;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Access;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Limits each caller's calls per second. Calls beyond the limit are refused, never queued.</summary>
internal sealed class CallRate(IOptions<GatewayOptions> options) : IConfigureOptions<RateLimiterOptions>
{
    private readonly GatewayOptions _options = options.Value;

    public void Configure(RateLimiterOptions limiter)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, (string Caller, int PerSecond)>(
            context => OfCaller(Caller.Of(context), PerSecond(context)));
        limiter.OnRejected = Refuse;
    }

    private int PerSecond(HttpContext context) => context.Features.Get<KnownCaller>()?.CallsPerSecond ?? _options.CallsPerSecond;

    private RateLimitPartition<(string Caller, int PerSecond)> OfCaller(string caller, int perSecond) => perSecond == 0
        ? RateLimitPartition.GetNoLimiter((caller, perSecond))
        : RateLimitPartition.GetTokenBucketLimiter((caller, perSecond), _ => new TokenBucketRateLimiterOptions
        {
            // One by one: a whole second's tokens at once would let their calls in at once, every second.
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1) / perSecond,
            // A rate of the caller's own comes with a burst of its own.
            TokenLimit = _options.Burst == 0 || perSecond != _options.CallsPerSecond ? perSecond : _options.Burst,
        });

    private ValueTask Refuse(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : _options.RetryAfter;
        rejected.HttpContext.Response.Refuse(
            StatusCode.ResourceExhausted, $"over the limit of {PerSecond(rejected.HttpContext)} calls per second for one client", wait);
        return ValueTask.CompletedTask;
    }
}
