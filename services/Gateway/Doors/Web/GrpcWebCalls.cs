using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Doors.Web;

/// <summary>Lets requests in gRPC-Web pass on as calls of gRPC.</summary>
internal static class GrpcWebCalls
{
    private const string AsText = "application/grpc-web-text";

    public static void UseGrpcWebCalls(this IApplicationBuilder app)
    {
        app.Use((context, next) =>
        {
            context.Features.Set<IHttpResetFeature>(new ClosedConnection(context));
            if (context.Request.ContentType?.StartsWith(AsText, StringComparison.OrdinalIgnoreCase) == true)
            {
                // Set as what it is, because the library puts a reader of its own into its place.
                context.Features.Set(new WebTextBody(context.Request.BodyReader));
            }
            return next(context);
        });
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.Use((context, next) =>
        {
            if (CallHeaders.IsCall(context.Request))
            {
                Complete(context);
            }
            return next(context);
        });
    }

    /// <summary>What the library leaves to its caller: it expects to be read and written by grpc-dotnet alone.</summary>
    private static void Complete(HttpContext context)
    {
        // The length of base64, for one, is not that of its messages.
        HttpHeaders.RemoveFrom(context.Request.Headers);
        context.Features.Set<IHttpResponseBodyFeature>(new WebAnswer(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>()));
        if (context.Features.Get<WebTextBody>() is { } body)
        {
            context.Features.Set<IRequestBodyPipeFeature>(body);
        }
    }

    /// <summary>HTTP/1.1 cannot reset one call: its connection is closed.</summary>
    private sealed class ClosedConnection(HttpContext context) : IHttpResetFeature
    {
        public void Reset(int errorCode) => context.Abort();
    }
}
