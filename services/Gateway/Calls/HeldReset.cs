using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Keeps YARP from resetting the stream of an answer that breaks off: clients take that for CANCELLED, which is their own doing, and do not
/// try again. The answer is then to be ended with a status.
/// </summary>
internal sealed class HeldReset(IHttpResetFeature inner) : IHttpResetFeature
{
    /// <summary>Whether the answer broke off after it had begun.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Holds back the resets of a call. Over HTTP/1.1 there are none, nor can a status follow an answer: null.</summary>
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

    /// <summary>Resets the stream all the same: nobody reads its end.</summary>
    public void ResetNow(int errorCode) => inner.Reset(errorCode);
}
