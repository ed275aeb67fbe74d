using Google.Protobuf;
using MedMoE.Mesh.Orca;

namespace MedMoE.Mesh.Serving.Load;

/// <summary>Load reports in the trailers of answers (ORCA, gRFC A51).</summary>
public static class LoadReports
{
    public const string Trailer = "endpoint-load-metrics-bin";

    public static string Text(OrcaLoadReport report) => Convert.ToBase64String(report.ToByteArray());

    /// <summary>Null if it is none: a report is never a reason to fail.</summary>
    public static OrcaLoadReport? Read(string? trailer)
    {
        if (string.IsNullOrEmpty(trailer))
        {
            return null;
        }
        // Some clients leave out the padding (gRPC over HTTP/2, Binary-Header).
        var padded = trailer.PadRight((trailer.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? Read(bytes.AsSpan(0, length)) : null;
    }

    public static OrcaLoadReport? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return OrcaLoadReport.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
