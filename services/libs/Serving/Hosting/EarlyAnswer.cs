using System.IO.Pipelines;
using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Answers that precede the end of their request. Kestrel resets such a stream, tracks it for 5 s because the caller may still send, and closes the
/// whole connection when it tracks too many (10.0, Http2Connection.MaxTrackedStreams). A connection from the gateway is shared by all callers, so its
/// requests are answered without a reset and read to their end, which takes a round trip. Requests of other callers are reset: grpc-dotnet's client
/// may send a message after its own reset, for which Kestrel also closes the connection.
/// </summary>
public static class EarlyAnswer
{
    /// <summary>Header of a request whose sender ends it as soon as it is answered.</summary>
    public const string Header = "medmoe-request-ends";

    public const string WithAnswer = "with-answer";

    // Limits of what the caller may still send after the answer.
    private const long MaxBytes = MeshChannels.StreamWindow;
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(1);

    /// <summary>Sends the answer to such a request, then reads until the request ends, for at most a second or 8 MiB.</summary>
    internal static async Task ReadOn(HttpContext context, PipeReader body)
    {
        if (context.RequestAborted.IsCancellationRequested || context.Request.Headers[Header] != WithAnswer)
        {
            return;
        }
        try
        {
            if (body.TryRead(out var read))
            {
                body.AdvanceTo(read.Buffer.End);
            }
            if (read.IsCompleted)
            {
                return;
            }
            await context.Response.CompleteAsync();
            using var late = new CancellationTokenSource(_timeout);
            for (var bytes = read.Buffer.Length; !read.IsCompleted && bytes < MaxBytes; bytes += read.Buffer.Length)
            {
                read = await body.ReadAsync(late.Token);
                body.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The caller reset the request or never ends it. The call has been answered in both cases.
        }
    }
}
