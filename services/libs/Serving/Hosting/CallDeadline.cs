using MedMoE.Mesh.Serving.Errors;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>When the caller of the present call no longer waits for its answer.</summary>
public static class CallDeadline
{
    private static readonly AsyncLocal<DateTimeOffset?> _current = new();

    /// <summary>Null if the caller gave none, and outside of calls.</summary>
    public static DateTimeOffset? Current => _current.Value;

    internal static void Begin(HttpContext context)
    {
        var now = DateTimeOffset.UtcNow;
        // A time of thousands of years is none.
        _current.Value = CallHeaders.TimeoutOf(context.Request) is { } timeout && timeout < DateTimeOffset.MaxValue - now ? now + timeout : null;
    }
}
