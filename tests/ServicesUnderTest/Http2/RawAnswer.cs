using Grpc.Core;

namespace MedMoE.Mesh.ServicesUnderTest.Http2;

/// <summary>How a call of a <see cref="RawConnection"/> ended.</summary>
/// <param name="Code">gRPC status; null if there is none.</param>
/// <param name="Message">Its message.</param>
/// <param name="Data">The messages of the answer, each with its prefix of five bytes: flag and length.</param>
/// <param name="Reset">HTTP/2's error code if the call or its connection was reset instead.</param>
public sealed record RawAnswer(StatusCode? Code, string Message, byte[] Data, int? Reset)
{
    /// <summary>The messages.</summary>
    public IEnumerable<ArraySegment<byte>> Messages()
    {
        for (var at = 0; at + 5 <= Data.Length;)
        {
            var length = (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Data.AsSpan(at + 1));
            yield return new ArraySegment<byte>(Data, at + 5, length);
            at += 5 + length;
        }
    }
}
