using Grpc.Core;
using MedMoE.Mesh.Orca;
using MedMoE.Mesh.Serving.Load;
using Microsoft.Extensions.Hosting;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Load reports outside of answers (ORCA, gRFC A51).</summary>
internal sealed class LoadEndpoint(ServiceLoad load, IHostApplicationLifetime lifetime, TimeProvider time) : OpenRcaService.OpenRcaServiceBase
{
    private static readonly TimeSpan _least = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _default = TimeSpan.FromSeconds(10);

    public override async Task StreamCoreMetrics(
        OrcaLoadReportRequest request, IServerStreamWriter<OrcaLoadReport> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(IntervalOf(request), time);
        try
        {
            do
            {
                await responseStream.WriteAsync(load.Report(), ended.Token);
            }
            while (await timer.WaitForNextTickAsync(ended.Token));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw NextMessage.Stopping();
        }
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: below zero, or over what a timer can wait.</exception>
    private static TimeSpan IntervalOf(OrcaLoadReportRequest request)
    {
        const long MaxSeconds = 24 * 3600;
        return request.ReportInterval switch
        {
            null or { Seconds: 0, Nanos: 0 } => _default,
            { Seconds: >= 0 and <= MaxSeconds, Nanos: >= 0 and < 1_000_000_000 } interval =>
                interval.ToTimeSpan() is var asked && asked > _least ? asked : _least,
            _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "report_interval: expected 0 to 24 hours")),
        };
    }
}
