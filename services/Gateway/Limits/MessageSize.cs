using Grpc.Core;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Refuses a message over the limit before it is read, where its length is known; else the service behind refuses it.</summary>
internal sealed class MessageSize(RequestDelegate next, IOptions<ServingOptions> options)
{
    // gRPC puts a flag and a length before each message.
    private const int Prefix = 5;

    public Task InvokeAsync(HttpContext context)
    {
        var largest = options.Value.LargestMessage;
        // A stream may be longer than any of its messages.
        if (!(context.Request.ContentLength > (long)largest + Prefix) || MeshContract.MethodAt(context.Request.Path.Value!) is { IsClientStreaming: true })
        {
            return next(context);
        }
        context.Response.Refuse(StatusCode.ResourceExhausted, $"the message is over the limit of {largest} bytes");
        return Task.CompletedTask;
    }
}
