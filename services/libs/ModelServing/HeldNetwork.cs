namespace MedMoE.Mesh.ModelServing;

/// <summary>A network that is not disposed of until this hold is, also if another one has taken its place.</summary>
public sealed class HeldNetwork<TNetwork> : IDisposable
    where TNetwork : class, IDisposable
{
    private Action? _release;

    internal HeldNetwork(Generation<TNetwork> generation, Action release) => (Generation, _release) = (generation, release);

    public Generation<TNetwork> Generation { get; }

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
