using System.IO.Pipelines;
using MedMoE.Mesh.Gateway.Calls;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Doors.Web;

/// <summary>An answer in gRPC-Web: the library has a writer for it, but not the stream that a proxy writes to.</summary>
internal sealed class WebAnswer(IHttpResponseBodyFeature inner) : AnswerBody, IHttpResponseBodyFeature
{
    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => inner.Writer;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            // The writer of base64 has no room where it is asked for any.
            buffer.CopyTo(inner.Writer.GetMemory(buffer.Length));
            inner.Writer.Advance(buffer.Length);
        }
        await FlushAsync(cancellationToken);
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if ((await inner.Writer.FlushAsync(cancellationToken)).IsCanceled)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    void IHttpResponseBodyFeature.DisableBuffering() => inner.DisableBuffering();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        inner.SendFileAsync(path, offset, count, cancellationToken);

    Task IHttpResponseBodyFeature.CompleteAsync() => inner.CompleteAsync();
}
