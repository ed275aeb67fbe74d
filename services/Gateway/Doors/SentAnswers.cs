using Grpc.Core;
using MedMoE.Mesh.Gateway.Limits;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>Sends the answers of doors while their calls still have their places, so that a caller who does not read one is noticed.</summary>
internal sealed class SentAnswers(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var answer = context.Features.Get<DoorAnswer>();
        answer?.BelongsTo(context.Features.GetRequiredFeature<OpenCall>());
        await next(context);
        if (answer is not null && context.Features.Get<IForwarderErrorFeature>() is null && context.Response.Status() == StatusCode.OK)
        {
            await answer.Send();
        }
    }
}
