using System.IO.Pipelines;
using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Answers that come before their request has ended. Kestrel resets such a stream, keeps it for 5 s more as the caller may still send, and closes
/// the whole connection when it keeps too many (10.0, Http2Connection.MaxTrackedStreams). Between services that connection carries
/// everybody's calls; so the gateway's requests are answered without a reset, and read until it ends them, which takes a round trip. Requests of
/// other callers are reset as before: grpc-dotnet's client may send a message after its own reset, and Kestrel ends the connection for that, too.
/// </summary>
public static class EarlyAnswer
{
    /// <summary>Header of a request that whoever sends it ends as soon as it is answered.</summary>
    public const string Header = "medmoe-request-ends";

    /// <summary>Its value.</summary>
    public const string WithAnswer = "with-answer";

    // What the caller may have had on its way when it got the answer, and some time for that.
    private const long MaxBytes = MeshChannels.StreamWindow;
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(1);

    /// <summary>Sends the answer to such a request, and returns when the request has ended, or after a second or 8 MiB.</summary>
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
            // The caller has ended the request by a reset, or never does: either way the call has been answered.
        }
    }
}
