using System.Net;
using System.Threading.RateLimiting;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>How many calls run at once, and how many a second one client address may make. Past either a call is refused, never queued.</summary>
internal sealed class CallLimits(IOptions<GatewayOptions> options) : IConfigureOptions<RateLimiterOptions>
{
    private readonly GatewayOptions _options = options.Value;

    public void Configure(RateLimiterOptions limiter)
    {
        // The client's own limit first: its calls past that take no place from others.
        limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, IPAddress>(context => OfClient(context.Connection.RemoteIpAddress ?? IPAddress.None)),
            PartitionedRateLimiter.Create<HttpContext, string>(_ => RateLimitPartition.GetConcurrencyLimiter(
                "", _ => new ConcurrencyLimiterOptions { PermitLimit = _options.MostCalls })));
        limiter.OnRejected = Refuse;
    }

    private RateLimitPartition<IPAddress> OfClient(IPAddress client) => _options.CallsPerSecond == 0
        ? RateLimitPartition.GetNoLimiter(client)
        : RateLimitPartition.GetTokenBucketLimiter(client, _ => new TokenBucketRateLimiterOptions
        {
            TokensPerPeriod = _options.CallsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            TokenLimit = _options.Burst == 0 ? _options.CallsPerSecond : _options.Burst,
        });

    private ValueTask Refuse(OnRejectedContext rejected, CancellationToken cancellation)
    {
        // Only the limit by time knows when to come back.
        var (message, wait) = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter)
            ? ($"over the limit of {_options.CallsPerSecond} calls per second for one client", retryAfter)
            : ($"over the limit of {_options.MostCalls} calls at once", _options.RetryAfter);
        rejected.HttpContext.Response.Refuse(StatusCode.ResourceExhausted, message, wait);
        return ValueTask.CompletedTask;
    }
}
