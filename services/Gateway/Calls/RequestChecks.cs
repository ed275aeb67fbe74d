using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Refuses what no service would take before anything is forwarded, and has every request read through <see cref="RequestMessages"/>, those to the
/// gateway's own services, too.
/// </summary>
internal sealed class RequestChecks(RequestDelegate next, IOptions<GatewayOptions> gateway, IOptions<ServingOptions> serving)
{
    // Of each header besides its name and value (RFC 9113, 6.5.2).
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
        var isCompressed = !_uncompressed.Contains(request.Headers["grpc-encoding"].ToString());
        var messages = new RequestMessages(
            request.BodyReader, new MessageFraming(method, isCompressed, serving.Value.MaxMessageBytes), options.MessageTimeout);
        // Others may put a body of their own around it.
        context.Features.Set(messages);
        request.Body = messages;
        return next(context);
    }

    // Values are read as Latin-1: a character is a byte.
    private static int Size(IHeaderDictionary headers) =>
        headers.Sum(header => header.Value.Sum(value => header.Key.Length + value?.Length ?? 0) + (HeaderOverhead * header.Value.Count));
}
