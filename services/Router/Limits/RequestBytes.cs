using Grpc.Core;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Limits;

/// <summary>Reserves the bytes of a call's message before it is read, or refuses the call. Streams reserve theirs for each message.</summary>
internal sealed class RequestBytes(RequestDelegate next, HeldBytes bytes, IOptions<ServingOptions> options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (MeshContract.MethodAt(context.Request.Path.Value!) is not { IsClientStreaming: false } method
            || !ServiceCatalog.Router.Contracts.Contains(method.Service))
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
