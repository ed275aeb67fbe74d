using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Access;

/// <summary>A caller that has proved who it is. Null limits are the gateway's.</summary>
/// <param name="Name">For logs and the audit; not a secret.</param>
/// <param name="Rights">What it may do.</param>
/// <param name="Proof">Digest of its key or subject of its certificate, as its list has it; null for others.</param>
public sealed record KnownCaller(string Name, Rights Rights, string? Proof = null)
{
    /// <summary>When its token or certificate expires; null for keys.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Calls per second.</summary>
    public int? CallsPerSecond { get; init; }

    /// <summary>Concurrent calls of a kind: with one message, and streams.</summary>
    public int? MaxCalls { get; init; }

    /// <summary>Bytes of request messages that the gateway holds for it.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Share of a queue, compared with those of other callers.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Whether its work gives way to that of others.</summary>
    public bool IsSheddable { get; init; }
}
