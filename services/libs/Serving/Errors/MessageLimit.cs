using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// Names the limit to whoever sent a message over it: grpc-dotnet refuses such a message before any interceptor sees the call, in words
/// that leave the limit out.
/// </summary>
internal static class MessageLimit
{
    private const string Field = "grpc-message";
    private const string GrpcWords = "Received message exceeds the maximum configured message size.";

    public static void UseMessageLimit(this WebApplication app, int largestMessage) => app.Use(async (context, next) =>
    {
        await next(context);
        // A status stands in the headers where nothing has been answered yet, else in the trailers.
        var status = context.Response.HasStarted ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : context.Response.Headers;
        if (status is { IsReadOnly: false } && status[Field] == GrpcWords)
        {
            status[Field] = $"the message is over the limit of {largestMessage} bytes";
        }
    });
}
