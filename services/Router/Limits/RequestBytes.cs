using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Limits;

/// <summary>Reserves the bytes of a call's message before it is read, or refuses the call. Streams reserve theirs for each message.</summary>
internal sealed class RequestBytes(RequestDelegate next, HeldBytes bytes, IOptions<ServingOptions> options)
{
    private static readonly string _service = $"/{RouterService.Descriptor.FullName}/";
    private static readonly string _stream = _service + nameof(RouterService.RouterServiceBase.AnalyzeStream);

    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (!path.StartsWith(_service, StringComparison.Ordinal) || path == _stream)
        {
            await next(context);
            return;
        }
        using var held = new CallBytes(bytes.Calls);
        context.Features.Set(held);
        long length;
        try
        {
            length = await MessagePrefix.Peek(context.Request.BodyReader, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The caller has disconnected.
            return;
        }
        // A message over the size limit is refused later, with its own error.
        if (length <= options.Value.MaxMessageBytes + (long)MessagePrefix.Size && !held.TryTake(length))
        {
            context.Response.Refuse(StatusCode.ResourceExhausted, held.Limit, HeldBytes.RetryAfter);
            return;
        }
        await next(context);
    }
}
