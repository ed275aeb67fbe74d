using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Doors.Web;

/// <summary>
/// A request in base64, in pieces that each end with their padding. The library's reader of it can be read only as grpc-dotnet does, always to the end
/// of what has arrived, and leaves the body unusable if it is not base64 (Grpc.AspNetCore.Web 2.85, Base64PipeReader).
/// </summary>
internal sealed class WebTextBody : RequestBody, IRequestBodyPipeFeature
{
    // Four characters are three bytes.
    private const int Group = 4;
    private const int MostAtOnce = 16 << 10;

    private readonly PipeReader _text;
    private ReadOnlyMemory<byte> _arrived;

    public WebTextBody(PipeReader text) => (_text, Reader) = (text, PipeReader.Create(this));

    public PipeReader Reader { get; }

    /// <exception cref="RpcException">It is not base64.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_arrived.IsEmpty)
        {
            _arrived = await Next(cancellationToken);
        }
        var taken = Math.Min(buffer.Length, _arrived.Length);
        _arrived[..taken].CopyTo(buffer);
        _arrived = _arrived[taken..];
        return taken;
    }

    /// <summary>The next bytes; none at the end.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> Next(CancellationToken cancellation)
    {
        // Not by the token: see RequestMessages.
        await using var cancelled = cancellation.Register(_text.CancelPendingRead);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = await _text.ReadAsync(CancellationToken.None);
            var (text, groups) = (result.Buffer, (int)Math.Min(result.Buffer.Length, MostAtOnce) / Group * Group);
            if (groups > 0)
            {
                var bytes = text.Slice(0, groups).ToArray();
                if (bytes.AsSpan().IndexOf((byte)'=') is var padding and >= 0)
                {
                    groups = ((padding / Group) + 1) * Group;
                }
                var status = Base64.DecodeFromUtf8InPlace(bytes.AsSpan(0, groups), out var length);
                _text.AdvanceTo(text.GetPosition(groups));
                return status == OperationStatus.Done ? bytes.AsMemory(0, length) : throw NoBase64();
            }
            _text.AdvanceTo(text.Start, text.End);
            if (result.IsCompleted)
            {
                return text.IsEmpty ? default : throw NoBase64();
            }
        }
    }

    private static RpcException NoBase64() => new(new Status(StatusCode.InvalidArgument, "the request is not base64"));
}
