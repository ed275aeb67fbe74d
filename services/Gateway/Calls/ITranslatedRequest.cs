using Grpc.Core;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// A feature of calls that came in another protocol: their requests are read under the limits of every call, and translated before they are
/// forwarded.
/// </summary>
internal interface ITranslatedRequest
{
    /// <summary>Name of the protocol.</summary>
    string Protocol { get; }

    /// <summary>The length of the body that the caller announced; null if it announced none.</summary>
    long? Length { get; }

    /// <summary>The message of gRPC, with its prefix, for a body; of a stream, for a line.</summary>
    /// <exception cref="RpcException">It cannot be read.</exception>
    ValueTask<byte[]> Translate(ReadOnlyMemory<byte> message);
}
