namespace MedMoE.Mesh.Measuring.Calls;

/// <summary>Kind of call.</summary>
public enum CallKind
{
    /// <summary>A new image with a known report: backbone and expert run.</summary>
    NewImage,

    /// <summary>Image and report known: nothing runs.</summary>
    KnownImage,

    /// <summary>A known image with a new report: text encoder and expert run.</summary>
    NewReport,
}

/// <summary>A closed loop.</summary>
/// <param name="Kind">Kind of all calls.</param>
/// <param name="Callers">Concurrent callers.</param>
/// <param name="Calls">Maximum number of calls; null for no limit.</param>
/// <param name="Seconds">Time after which no call starts; null for no limit.</param>
public sealed record CallOrder(CallKind Kind, int Callers, int? Calls, double? Seconds);
