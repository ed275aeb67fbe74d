using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Limits the bytes of request messages held by the gateway, in total and for each caller.</summary>
internal sealed class RequestBytes(IOptions<GatewayOptions> options)
{
    private readonly long _max = options.Value.MaxBytes;
    private readonly long _maxOfCaller = (long)(options.Value.MaxBytes * options.Value.MaxClientShare);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _ofCaller = [];
    private long _held;

    /// <summary>Reserves bytes until <see cref="Release"/>. A single message always succeeds: Serving:MaxMessageBytes limits it.</summary>
    /// <returns>Null, or why the bytes are refused.</returns>
    public Refusal? TryTake(OpenCall call, long has, long more)
    {
        var (share, setting) = call.Known?.MaxBytes is { } granted
            ? (granted, "max_bytes") : (_maxOfCaller, "Gateway:MaxBytes, Gateway:MaxClientShare");
        lock (_lock)
        {
            var own = _ofCaller.GetValueOrDefault(call.Caller);
            if (own > has && own + more > share)
            {
                return Refusal.Over($"{share} bytes of request messages held for one client ({setting})");
            }
            if (_held > has && _held + more > _max)
            {
                return Refusal.Over($"{_max} bytes of request messages held (Gateway:MaxBytes)");
            }
            _held += more;
            _ofCaller[call.Caller] = own + more;
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
