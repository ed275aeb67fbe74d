using Grpc.Core;
using MedMoE.Mesh.Serving.Limits;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Reads the message of a call that has one before the call is forwarded: a service gets whole messages as fast as it can read, however slowly they
/// come, and a call whose replica is lost goes to another. A message is refused as soon as its length is known.
/// </summary>
internal sealed class WholeMessages(RequestBytes bytes)
{
    /// <returns>The message; null where the call has been ended.</returns>
    public async Task<HeldMessage?> Read(HttpContext context, OpenCall call)
    {
        try
        {
            return await Read(context, context.Request.Body, call);
        }
        catch (IOException)
        {
            call.End(new Refusal(StatusCode.Cancelled, "the caller has gone"));
            return null;
        }
    }

    private async Task<HeldMessage?> Read(HttpContext context, Stream body, OpenCall call)
    {
        var prefix = new byte[MessagePrefix.Size];
        var read = await body.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, call.Ended);
        if (read < prefix.Length)
        {
            // No message: for the service to say so.
            return new HeldMessage(bytes, call, context, prefix[..read], taken: 0);
        }
        var length = MessagePrefix.LengthOf(prefix);
        if (bytes.TryTake(call.Caller, length) is { } full)
        {
            call.End(full);
            return null;
        }
        var held = new HeldMessage(bytes, call, context, GC.AllocateUninitializedArray<byte>((int)length), length);
        try
        {
            if (await held.Fill(prefix, body))
            {
                return held;
            }
            call.End(new Refusal(StatusCode.InvalidArgument, "a second message in a call that takes one"));
        }
        catch
        {
            held.Dispose();
            throw;
        }
        held.Dispose();
        return null;
    }
}
