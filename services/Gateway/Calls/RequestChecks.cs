using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>Refuses invalid requests before they are forwarded, and reads all requests through <see cref="RequestMessages"/>.</summary>
internal sealed class RequestChecks(RequestDelegate next, IOptions<GatewayOptions> gateway, IOptions<ServingOptions> serving)
{
    // HTTP/2 adds this many bytes to the name and value of each header (RFC 9113, 6.5.2).
    private const int HeaderOverhead = 32;

    private static readonly string[] _uncompressed = ["", "identity"];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!CallHeaders.IsCall(request))
        {
            return next(context);
        }
        if (MeshContract.MethodAt(request.Path.Value!) is not { } method)
        {
            context.Response.Refuse(Refusals.NoSuchMethod);
            return Task.CompletedTask;
        }
        var options = gateway.Value;
        var size = Size(request.Headers);
        if (size > options.MaxMetadataBytes)
        {
            context.Response.Refuse(Refusals.MetadataTooLarge(size, options.MaxMetadataBytes));
            return Task.CompletedTask;
        }
        var (max, translated) = (serving.Value.MaxMessageBytes, context.Features.Get<ITranslatedRequest>());
        if (!method.IsClientStreaming && translated?.Length > max)
        {
            context.Response.Refuse(Refusals.MessageTooLarge(max));
            return Task.CompletedTask;
        }
        var isCompressed = !_uncompressed.Contains(request.Headers["grpc-encoding"].ToString());
        IRequestFraming framing = translated is null ? new MessageFraming(method, isCompressed, max)
            : method.IsClientStreaming ? new LineFraming(max) : new BodyFraming(translated.Length, max);
        var messages = new RequestMessages(request.BodyReader, framing, options.MessageTimeout);
        // Set as a feature, too, because request.Body may be wrapped later.
        context.Features.Set(messages);
        request.Body = messages;
        return next(context);
    }

    // Values are decoded as Latin-1: one character is one byte.
    private static int Size(IHeaderDictionary headers) =>
        headers.Sum(header => header.Value.Sum(value => header.Key.Length + value?.Length ?? 0) + (HeaderOverhead * header.Value.Count));
}
