using System.Diagnostics;
using System.Threading.Channels;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.Limits;
using MedMoE.Mesh.Router.OpenInference.Models;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.OpenInference;

/// <summary>
/// ModelStreamInfer: requests run at once and are answered in their order. As in AnalyzeStream, a request is read only when its bytes fit into the
/// limit, and its answer counts against it until the caller has read it.
/// </summary>
internal sealed class InferStream(
    Infer infer, GrpcErrors errors, RequestMetrics metrics, FailureLog failures, IOptions<RouterOptions> options, HeldBytes bytes,
    IHostApplicationLifetime lifetime)
{
    private const string FailsWithStatus = "triton_grpc_error";

    public async Task Run(
        IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context)
    {
        var running = Channel.CreateUnbounded<Task<ModelStreamInferResponse>>();
        using var places = new SemaphoreSlim(options.Value.StreamConcurrency);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        using var held = new CallBytes(bytes.Streams);
        var reading = Read(requests, running.Writer, places, held, context, ended.Token);
        try
        {
            await foreach (var answer in running.Reader.ReadAllAsync(ended.Token))
            {
                var response = await answer;
                await responses.WriteAsync(response, ended.Token);
                held.Exchange(response.CalculateSize(), forBytes: 0);
                places.Release();
            }
        }
        finally
        {
            // Requests use the call's context, which is invalid after this method returns.
            await ended.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (running.Reader.TryRead(out var left))
            {
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Read(
        IAsyncStreamReader<ModelInferRequest> requests, ChannelWriter<Task<ModelStreamInferResponse>> running, SemaphoreSlim places, CallBytes held,
        ServerCallContext context, CancellationToken ended)
    {
        var failsWithStatus = context.RequestHeaders.GetValue(FailsWithStatus) == "true";
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
                running.TryWrite(Item(requests.Current, length));
            }
        }
        catch (Exception e)
        {
            // Requests read before the failure are still answered.
            failure = lifetime.ApplicationStopping.IsCancellationRequested ? new DrainingException() : e;
        }
        running.Complete(failure);

        async Task<ModelStreamInferResponse> Item(ModelInferRequest item, long length)
        {
            var response = new ModelStreamInferResponse();
            var (started, method, code) = (Stopwatch.GetTimestamp(), context.Method, StatusCode.OK);
            try
            {
                response.InferResponse = await infer.Run(item, ended);
            }
            catch (Exception e)
            {
                var told = errors.Tell(e, context);
                code = told.StatusCode;
                failures.Add(method, code, told.Status.Detail, Stopwatch.GetElapsedTime(started));
                if (failsWithStatus)
                {
                    throw told;
                }
                response.ErrorMessage = $"{code}: {told.Status.Detail}";
                response.InferResponse = new ModelInferResponse
                {
                    ModelName = item.ModelName,
                    ModelVersion = InferenceModel.Version,
                    Id = item.Id,
                };
            }
            finally
            {
                metrics.Answered(method, code);
            }
            held.Exchange(length, forBytes: response.CalculateSize());
            return response;
        }
    }
}
