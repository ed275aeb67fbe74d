namespace MedMoE.Mesh.Router.Limits;

/// <summary>What one call holds of a budget; all of it is given back when the call ends.</summary>
internal sealed class CallBytes(ByteBudget budget) : IDisposable
{
    private readonly Lock _lock = new();
    private long _held;

    /// <summary>Why more cannot be had.</summary>
    public string Limit => $"over the limit of {budget.Max} bytes of requests and answers at once (half of Router:MaxBytes)";

    public bool TryTake(long bytes)
    {
        if (!budget.TryTake(bytes))
        {
            return false;
        }
        Add(bytes);
        return true;
    }

    /// <summary>Gives all back, and takes others in their place where they are free.</summary>
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

    /// <summary>Gives some back, and takes others in their place, whatever is free: what a request has become.</summary>
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
