using MedMoE.Mesh.Gateway.Calls;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>A response body that reports every byte written, and every wait for the caller to read, to its <see cref="OpenCall"/>.</summary>
internal sealed class WatchedAnswer(IHttpResponseBodyFeature inner, OpenCall call) : PassingAnswer(inner)
{
    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        call.WriteBegins();
        Bytes += buffer.Length;
        await base.WriteAsync(buffer, cancellationToken);
        call.WriteEnds();
    }
}
