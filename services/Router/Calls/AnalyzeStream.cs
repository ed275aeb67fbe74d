using System.Threading.Channels;
using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Calls;

/// <summary>AnalyzeStream: items run side by side and are answered as they finish; one that fails is answered with its error.</summary>
internal sealed class AnalyzeStream(Analyze analyze, GrpcErrors errors, IOptions<RouterOptions> options, IHostApplicationLifetime lifetime)
{
    public async Task Run(
        IAsyncStreamReader<AnalyzeStreamRequest> requests, IServerStreamWriter<AnalyzeStreamResponse> responses, ServerCallContext context)
    {
        // As many as may run wait to be written, too: a client that reads slowly is read from slowly.
        var done = Channel.CreateBounded<AnalyzeStreamResponse>(options.Value.StreamConcurrency);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var reading = Read(requests, done.Writer, context, ended.Token);
        try
        {
            await foreach (var response in done.Reader.ReadAllAsync(ended.Token))
            {
                await responses.WriteAsync(response, ended.Token);
            }
        }
        finally
        {
            // Items use the call's context, which ends with this method.
            await ended.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Read(
        IAsyncStreamReader<AnalyzeStreamRequest> requests, ChannelWriter<AnalyzeStreamResponse> done, ServerCallContext context, CancellationToken ended)
    {
        var running = new List<Task>();
        using var places = new SemaphoreSlim(options.Value.StreamConcurrency);
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(ended, lifetime.ApplicationStopping);
        Exception? failure = null;
        try
        {
            await places.WaitAsync(stopReading.Token);
            while (await requests.MoveNext(stopReading.Token))
            {
                running.RemoveAll(task => task.IsCompleted);
                running.Add(Item(requests.Current));
                await places.WaitAsync(stopReading.Token);
            }
        }
        catch (Exception e)
        {
            // What was read before is answered all the same.
            failure = lifetime.ApplicationStopping.IsCancellationRequested ? new DrainingException() : e;
        }
        await Task.WhenAll(running);
        done.Complete(failure);

        async Task Item(AnalyzeStreamRequest item)
        {
            var response = new AnalyzeStreamResponse { RequestId = item.RequestId };
            try
            {
                response.Response = await analyze.Run(item.Request ?? new AnalyzeRequest(), ended);
            }
            catch (Exception e)
            {
                var status = errors.Tell(e, context).Status;
                response.Error = new ItemError { Code = (int)status.StatusCode, Message = status.Detail };
            }
            await done.WriteAsync(response, ended);
            places.Release();
        }
    }
}
