using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Stops YARP from resetting the stream of an incomplete answer. Clients read a reset as CANCELLED, as if they had cancelled the call themselves, and
/// do not retry. The answer must then be ended with a status.
/// </summary>
internal sealed class HeldReset(IHttpResetFeature inner) : IHttpResetFeature
{
    public bool IsDue { get; private set; }

    /// <summary>Suppresses the resets of a call. Returns null over HTTP/1.1, which has neither resets nor a status after the answer.</summary>
    public static HeldReset? Of(HttpContext context)
    {
        if (context.Features.Get<IHttpResetFeature>() is not { } inner)
        {
            return null;
        }
        var held = new HeldReset(inner);
        context.Features.Set<IHttpResetFeature>(held);
        return held;
    }

    public void Reset(int errorCode) => IsDue = true;

    /// <summary>Resets the stream in spite of that, for a caller that does not read the answer.</summary>
    public void ResetNow(int errorCode) => inner.Reset(errorCode);
}
