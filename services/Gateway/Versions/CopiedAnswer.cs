using MedMoE.Mesh.Gateway.Calls;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>Copies an answer on its way to the caller, as far as there is room for it.</summary>
internal sealed class CopiedAnswer(IHttpResponseBodyFeature inner, ShadowRoom.Place place) : PassingAnswer(inner)
{
    private readonly MemoryStream _copy = new();
    private bool _isWhole = true;

    /// <summary>The message with its prefix; null if there was no room.</summary>
    public ReadOnlyMemory<byte>? Content => _isWhole ? _copy.GetBuffer().AsMemory(0, (int)_copy.Length) : null;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _isWhole = _isWhole && place.TryTake(buffer.Length);
        if (_isWhole)
        {
            _copy.Write(buffer.Span);
        }
        return base.WriteAsync(buffer, cancellationToken);
    }
}
