using System.Diagnostics;
using System.Threading.Channels;
using Grpc.Core;
using MedMoE.Mesh.Router.Limits;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Calls;

/// <summary>
/// AnalyzeStream: items run concurrently and are answered as they finish, a failed one with its error. An item is read only when its bytes fit into
/// the limit; its answer counts against the limit until the caller has read it.
/// </summary>
internal sealed class AnalyzeStream(
    Analyze analyze, GrpcErrors errors, RequestMetrics metrics, FailureLog failures, IOptions<RouterOptions> options, HeldBytes bytes,
    IHostApplicationLifetime lifetime)
{
    public async Task Run(
        IAsyncStreamReader<AnalyzeStreamRequest> requests, IServerStreamWriter<AnalyzeStreamResponse> responses, ServerCallContext context)
    {
        // Bounded, so that a client that reads slowly is read from slowly.
        var done = Channel.CreateBounded<AnalyzeStreamResponse>(options.Value.StreamConcurrency);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        using var held = new CallBytes(bytes.Streams);
        var reading = Read(requests, done.Writer, held, context, ended.Token);
        try
        {
            await foreach (var response in done.Reader.ReadAllAsync(ended.Token))
            {
                await responses.WriteAsync(response, ended.Token);
                held.Exchange(response.CalculateSize(), forBytes: 0);
            }
        }
        finally
        {
            // Items use the call's context, which is invalid after this method returns.
            await ended.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Read(
        IAsyncStreamReader<AnalyzeStreamRequest> requests, ChannelWriter<AnalyzeStreamResponse> done, CallBytes held, ServerCallContext context,
        CancellationToken ended)
    {
        var running = new List<Task>();
        using var places = new SemaphoreSlim(options.Value.StreamConcurrency);
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(ended, lifetime.ApplicationStopping);
        var body = context.GetHttpContext().Request.BodyReader;
        Exception? failure = null;
        try
        {
            while (true)
            {
                await places.WaitAsync(stopReading.Token);
                var length = await MessagePrefix.Peek(body, stopReading.Token);
                await held.Take(length, stopReading.Token);
                if (!await requests.MoveNext(stopReading.Token))
                {
                    break;
                }
                running.RemoveAll(task => task.IsCompleted);
                running.Add(Item(requests.Current, length));
            }
        }
        catch (Exception e)
        {
            // Items read before the failure are still answered.
            failure = lifetime.ApplicationStopping.IsCancellationRequested ? new DrainingException() : e;
        }
        await Task.WhenAll(running);
        done.Complete(failure);

        async Task Item(AnalyzeStreamRequest item, long length)
        {
            var response = new AnalyzeStreamResponse { RequestId = item.RequestId };
            var (started, method) = (Stopwatch.GetTimestamp(), context.Method);
            try
            {
                response.Response = await analyze.Run(item.Request ?? new AnalyzeRequest(), ended);
            }
            catch (Exception e)
            {
                var status = errors.Tell(e, context).Status;
                response.Error = new ItemError { Code = (int)status.StatusCode, Message = status.Detail };
                failures.Add(method, status.StatusCode, status.Detail, Stopwatch.GetElapsedTime(started));
            }
            metrics.Answered(method, (StatusCode)(response.Error?.Code ?? 0));
            held.Exchange(length, forBytes: response.CalculateSize());
            await done.WriteAsync(response, ended);
            places.Release();
        }
    }
}
