using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Bytes of request messages that the gateway holds: in all, and of one caller.</summary>
internal sealed class RequestBytes(IOptions<GatewayOptions> options)
{
    private readonly long _max = options.Value.MaxBytes;
    private readonly long _maxOfCaller = (long)(options.Value.MaxBytes * options.Value.MaxClientShare);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _ofCaller = [];
    private long _held;

    /// <summary>
    /// Takes more bytes for a message until <see cref="Release"/>. A message that is alone always gets them: Serving:MaxMessageBytes bounds it.
    /// </summary>
    /// <param name="caller">Whose message it is.</param>
    /// <param name="has">Bytes that it has already.</param>
    /// <param name="more">Bytes that it needs besides.</param>
    /// <returns>Null, or why they cannot be taken.</returns>
    public Refusal? TryTake(string caller, long has, long more)
    {
        lock (_lock)
        {
            var own = _ofCaller.GetValueOrDefault(caller);
            if (own > has && own + more > _maxOfCaller)
            {
                return Refusal.Over($"{_maxOfCaller} bytes of messages at once for one client (Gateway:MaxBytes, Gateway:MaxClientShare)");
            }
            if (_held > has && _held + more > _max)
            {
                return Refusal.Over($"{_max} bytes of messages at once (Gateway:MaxBytes)");
            }
            _held += more;
            _ofCaller[caller] = own + more;
            return null;
        }
    }

    public void Release(string caller, long bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            if (_ofCaller.TryGetValue(caller, out var own) && own > bytes)
            {
                _ofCaller[caller] = own - bytes;
            }
            else
            {
                _ofCaller.Remove(caller);
            }
        }
    }
}
