namespace MedMoE.Mesh.GpuCheck.Calls;

/// <summary>What a call asks of the mesh.</summary>
internal enum CallKind
{
    /// <summary>An image that nobody has asked about, with a known report: backbone and expert run.</summary>
    NewImage,

    /// <summary>Image and report known: nothing runs.</summary>
    KnownImage,

    /// <summary>A known image with a report that nobody has sent: text encoder and expert run.</summary>
    NewReport,
}

/// <summary>A closed loop.</summary>
/// <param name="Kind">What each call asks.</param>
/// <param name="Callers">Calls at once.</param>
/// <param name="Calls">Calls in all at most; null for no limit.</param>
/// <param name="Seconds">No call begins after so long; null for no limit.</param>
internal sealed record CallOrder(CallKind Kind, int Callers, int? Calls, double? Seconds);
