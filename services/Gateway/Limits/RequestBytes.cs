using MedMoE.Mesh.Serving.Limits;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Bytes of request messages that the gateway holds: in all, and of one caller.</summary>
internal sealed class RequestBytes(IOptions<GatewayOptions> options)
{
    private readonly ByteBudget _all = new(options.Value.MaxBytes);
    private readonly long _maxOfCaller = (long)(options.Value.MaxBytes * options.Value.MaxClientShare);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _ofCaller = [];

    /// <summary>Takes a message's bytes until <see cref="Release"/>.</summary>
    /// <returns>Null, or why they cannot be taken.</returns>
    public Refusal? TryTake(string caller, long bytes)
    {
        lock (_lock)
        {
            var own = _ofCaller.GetValueOrDefault(caller);
            if (own > 0 && own + bytes > _maxOfCaller)
            {
                return Refusal.Over($"{_maxOfCaller} bytes of messages at once for one client (Gateway:MaxBytes, Gateway:MaxClientShare)");
            }
            if (!_all.TryTake(bytes))
            {
                return Refusal.Over($"{_all.Max} bytes of messages at once (Gateway:MaxBytes)");
            }
            _ofCaller[caller] = own + bytes;
            return null;
        }
    }

    public void Release(string caller, long bytes)
    {
        lock (_lock)
        {
            _all.Release(bytes);
            if ((_ofCaller[caller] -= bytes) == 0)
            {
                _ofCaller.Remove(caller);
            }
        }
    }
}
