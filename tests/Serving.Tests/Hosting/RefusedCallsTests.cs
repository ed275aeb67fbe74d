using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace MedMoE.Mesh.Serving.Tests.Hosting;

public sealed class RefusedCallsTests
{
    [Theory]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    [InlineData(StatusCode.Unimplemented, 501)]
    public async Task Refuse_RequestInJson_IsProblemDetails(StatusCode code, int status)
    {
        var context = Request("application/json; charset=utf-8");

        context.Response.Refuse(code, "image: is missing", TimeSpan.FromMilliseconds(1100));

        await context.Response.BodyWriter.FlushAsync(TestContext.Current.CancellationToken);
        using var problem = JsonDocument.Parse(((MemoryStream)context.Response.Body).ToArray());
        Assert.Equal(
            (ReasonPhrases.GetReasonPhrase(status), status, "image: is missing"),
            (problem.RootElement.GetProperty("title").GetString(), problem.RootElement.GetProperty("status").GetInt32(),
                problem.RootElement.GetProperty("detail").GetString()));
        Assert.Equal((status, "application/problem+json", "2"),
            (context.Response.StatusCode, context.Response.ContentType, context.Response.Headers.RetryAfter.ToString()));
        // Metrics and limits read it.
        Assert.Equal(code, context.Response.Status());
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public void Refuse_OtherRequest_IsAGrpcStatus(string? contentType)
    {
        var context = Request(contentType);

        context.Response.Refuse(StatusCode.ResourceExhausted, "full", TimeSpan.FromMilliseconds(1100));

        Assert.Equal((200, "application/grpc", "8", "full", "1100"), (
            context.Response.StatusCode, context.Response.ContentType, context.Response.Headers["grpc-status"].ToString(),
            context.Response.Headers["grpc-message"].ToString(), context.Response.Headers["grpc-retry-pushback-ms"].ToString()));
        Assert.Equal(StatusCode.ResourceExhausted, context.Response.Status());
    }

    /// <summary>gRPC over HTTP/2, Status-Message: grpc-js decodes no more than what has to be encoded.</summary>
    [Fact]
    public void Refuse_Message_IsEncodedAsFarAsNeeded()
    {
        var context = Request("application/grpc");

        context.Response.Refuse(StatusCode.InvalidArgument, "image.encoded: \"a/b\" is 50 % of ü");

        Assert.Equal("image.encoded: \"a/b\" is 50 %25 of %C3%BC", context.Response.Headers["grpc-message"].ToString());
    }

    private static DefaultHttpContext Request(string? contentType)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = contentType;
        context.Response.Body = new MemoryStream();
        return context;
    }
}
