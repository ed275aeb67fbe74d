namespace MedMoE.Mesh.Router.Limits;

/// <summary>The bytes that one call holds of a budget; all are released when the call ends.</summary>
internal sealed class CallBytes(ByteBudget budget) : IDisposable
{
    private readonly Lock _lock = new();
    private long _held;

    public string Limit => $"over the limit of {budget.Max} bytes of requests and answers held (half of Router:MaxBytes)";

    public bool TryTake(long bytes)
    {
        if (!budget.TryTake(bytes))
        {
            return false;
        }
        Add(bytes);
        return true;
    }

    /// <summary>Releases all bytes and reserves others instead, if they are free.</summary>
    public bool TryExchange(long forBytes)
    {
        lock (_lock)
        {
            budget.Release(_held);
            _held = 0;
        }
        return TryTake(forBytes);
    }

    public async Task Take(long bytes, CancellationToken cancellation)
    {
        await budget.Take(bytes, cancellation);
        Add(bytes);
    }

    /// <summary>Releases some bytes and counts others instead, even beyond the limit: an answer replaces its request.</summary>
    public void Exchange(long back, long forBytes)
    {
        budget.Hold(forBytes);
        budget.Release(back);
        Add(forBytes - back);
    }

    public void Dispose() => budget.Release(_held);

    private void Add(long bytes)
    {
        lock (_lock)
        {
            _held += bytes;
        }
    }
}
