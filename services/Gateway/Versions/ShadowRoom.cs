using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>The places and bytes for copies of calls: a shadow version that is slow takes no more of the gateway than these.</summary>
internal sealed class ShadowRoom(IOptions<GatewayOptions> options)
{
    private int _places = options.Value.MaxShadowCalls;
    private long _bytes = options.Value.MaxShadowBytes;

    /// <summary>A place for a copy of this many bytes, or null if there is none.</summary>
    public Place? TryEnter(long bytes)
    {
        if (Interlocked.Decrement(ref _places) < 0)
        {
            Interlocked.Increment(ref _places);
            return null;
        }
        var place = new Place(this);
        if (place.TryTake(bytes))
        {
            return place;
        }
        place.Dispose();
        return null;
    }

    /// <summary>What a copied call holds until it is disposed.</summary>
    internal sealed class Place(ShadowRoom room) : IDisposable
    {
        private long _held;

        /// <summary>Takes more bytes.</summary>
        /// <returns>False if there are not so many; then it has taken none.</returns>
        public bool TryTake(long bytes)
        {
            if (Interlocked.Add(ref room._bytes, -bytes) < 0)
            {
                Interlocked.Add(ref room._bytes, bytes);
                return false;
            }
            _held += bytes;
            return true;
        }

        public void Dispose()
        {
            Interlocked.Add(ref room._bytes, _held);
            Interlocked.Increment(ref room._places);
        }
    }
}
