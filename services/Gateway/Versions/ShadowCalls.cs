using System.Net;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>
/// Sends copies of answered calls to a version on trial, in the background, and compares its answers, which go nowhere. After the call, so that the
/// copy takes nothing from it; what both versions share is in the cache by then.
/// </summary>
internal sealed partial class ShadowCalls(
    RequestDelegate next, ShadowRoom room, VersionMetrics metrics, IOptions<GatewayOptions> options, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<ShadowCalls> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (context.Features.Get<ShadowedBy>() is not { Router: var router } || context.Features.Get<HeldMessage>() is not { Content: var request }
            || MeshContract.MethodAt(path) is not { } method || MethodRights.Needed(method) != Rights.Infer)
        {
            await next(context);
            return;
        }
        var copy = new Copy(router, MeshRoutes.VersionOf(router.Model.Config.Metadata).Name, method, request)
        {
            RequestId = RequestId.Current,
            Encoding = context.Request.Headers["grpc-encoding"],
        };
        if (room.TryEnter(request.Length) is not { } place)
        {
            metrics.Dropped(copy.Version, path);
            await next(context);
            return;
        }
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var (answer, started) = (new CopiedAnswer(body, place), time.GetTimestamp());
        context.Features.Set<IHttpResponseBodyFeature>(answer);
        var isCompared = false;
        try
        {
            await next(context);
            if (context.Features.Get<IForwarderErrorFeature>() is null && context.Response.Status() == StatusCode.OK)
            {
                isCompared = answer.Content is not null;
                if (!isCompared)
                {
                    metrics.Dropped(copy.Version, path);
                }
            }
        }
        finally
        {
            context.Features.Set(body);
            if (!isCompared)
            {
                place.Dispose();
            }
        }
        if (isCompared)
        {
            var took = time.GetElapsedTime(started);
            _ = Task.Run(() => Compare(copy, answer.Content!.Value, took, place));
        }
    }

    private async Task Compare(Copy copy, ReadOnlyMemory<byte> answer, TimeSpan took, ShadowRoom.Place place)
    {
        var path = MeshContract.PathOf(copy.Method);
        using var held = place;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        ended.CancelAfter(options.Value.ShadowTimeout);
        try
        {
            var started = time.GetTimestamp();
            var other = await Send(copy, path, place, ended.Token);
            var otherTook = time.GetElapsedTime(started);
            metrics.Compared(copy.Version, path, AnswerComparison.Of(Message(copy.Method, answer), Message(copy.Method, other)));
            metrics.Took(copy.Version, took, otherTook);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or RpcException)
        {
            metrics.Failed(copy.Version, path);
            LogFailed(copy.Version, path, e is RpcException rpc ? rpc.Status.StatusCode : StatusCode.Unavailable);
        }
    }

    /// <returns>The answer, with its prefix.</returns>
    /// <exception cref="RpcException">The version answers with an error, or with more than there is room for.</exception>
    private async Task<ReadOnlyMemory<byte>> Send(Copy copy, string path, ShadowRoom.Place place, CancellationToken cancellation)
    {
        if (copy.Router.DestinationsState.AvailableDestinations is not { Count: > 0 } replicas)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "no replica"));
        }
        var replica = replicas[Random.Shared.Next(replicas.Count)].Model.Config;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(replica.Address), path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(copy.Request),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.Host = replica.Host;
        // It gives way to the calls of callers, in the queues of services that both versions share, too.
        request.Headers.TryAddWithoutValidation(CallerShare.Header, new CallerShare("shadow", IsSheddable: true).ToString());
        request.Headers.TryAddWithoutValidation(RequestId.Header, copy.RequestId);
        if (!string.IsNullOrEmpty(copy.Encoding))
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", copy.Encoding);
        }
        using var response = await copy.Router.Model.HttpClient.SendAsync(request, cancellation);
        using var answer = new MemoryStream();
        await using (var body = await response.Content.ReadAsStreamAsync(cancellation))
        {
            var buffer = new byte[16 << 10];
            while (await body.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                if (!place.TryTake(read))
                {
                    throw new RpcException(new Status(StatusCode.ResourceExhausted, "no room for the answer"));
                }
                answer.Write(buffer, 0, read);
            }
        }
        // An answer without a message has its trailers among the headers.
        var status = Field(response.TrailingHeaders) ?? Field(response.Headers);
        return status == GrpcAnswer.Text(StatusCode.OK) ? answer.GetBuffer().AsMemory(0, (int)answer.Length)
            : throw new RpcException(new Status(Enum.TryParse<StatusCode>(status, out var code) ? code : StatusCode.Unknown, ""));
    }

    private static string? Field(System.Net.Http.Headers.HttpResponseHeaders fields) =>
        fields.NonValidated.TryGetValues(GrpcAnswer.StatusField, out var status) ? status.ToString() : null;

    /// <exception cref="RpcException">It is not one message that is not compressed.</exception>
    private static IMessage Message(MethodDescriptor method, ReadOnlyMemory<byte> framed)
    {
        try
        {
            return framed.Length >= MessagePrefix.Size && framed.Span[0] == 0
                ? method.OutputType.Parser.ParseFrom(framed.Span[MessagePrefix.Size..])
                : throw new InvalidDataException();
        }
        catch (Exception e) when (e is InvalidDataException or InvalidProtocolBufferException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "the answer cannot be read"));
        }
    }

    [LoggerMessage(LogLevel.Debug, "{Version} failed to answer a copy of {Method}: {Status}")]
    private partial void LogFailed(string version, string method, StatusCode status);

    private sealed record Copy(ClusterState Router, string Version, MethodDescriptor Method, ReadOnlyMemory<byte> Request)
    {
        public string? RequestId { get; init; }

        public string? Encoding { get; init; }
    }
}
