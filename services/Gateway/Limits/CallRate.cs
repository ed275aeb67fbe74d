using System.Threading.RateLimiting;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Limits each caller's calls per second. Calls beyond the limit are refused, never queued.</summary>
internal sealed class CallRate(IOptions<GatewayOptions> options) : IConfigureOptions<RateLimiterOptions>
{
    private readonly GatewayOptions _options = options.Value;

    public void Configure(RateLimiterOptions limiter)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => OfCaller(Caller.Of(context)));
        limiter.OnRejected = Refuse;
    }

    private RateLimitPartition<string> OfCaller(string caller) =>
        RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
        {
            TokensPerPeriod = _options.CallsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            TokenLimit = _options.Burst == 0 ? _options.CallsPerSecond : _options.Burst,
        });

    private ValueTask Refuse(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : _options.RetryAfter;
        rejected.HttpContext.Response.Refuse(
            StatusCode.ResourceExhausted, $"over the limit of {_options.CallsPerSecond} calls per second for one client", wait);
        return ValueTask.CompletedTask;
    }
}
