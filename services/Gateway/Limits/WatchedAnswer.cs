using System.IO.Pipelines;
using MedMoE.Mesh.Gateway.Calls;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>A response body that reports every byte written, and every wait for the caller to read, to its <see cref="OpenCall"/>.</summary>
internal sealed class WatchedAnswer(IHttpResponseBodyFeature inner, OpenCall call) : AnswerBody, IHttpResponseBodyFeature
{
    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => inner.Writer;

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        call.WriteBegins();
        Bytes += buffer.Length;
        await inner.Stream.WriteAsync(buffer, cancellationToken);
        call.WriteEnds();
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.Stream.FlushAsync(cancellationToken);

    void IHttpResponseBodyFeature.DisableBuffering() => inner.DisableBuffering();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        inner.SendFileAsync(path, offset, count, cancellationToken);

    Task IHttpResponseBodyFeature.CompleteAsync() => inner.CompleteAsync();
}
