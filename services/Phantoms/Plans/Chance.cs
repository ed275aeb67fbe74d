namespace MedMoE.Mesh.Phantoms.Plans;

/// <summary>Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).</summary>
internal sealed class Chance
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state;

    private Chance(ulong state) => _state = state;

    /// <summary>The numbers of one study, independent of other studies and of the number of cores.</summary>
    public static Chance Of(int seed, int index) => new(Mix(Mix((ulong)seed + Golden) ^ ((ulong)index * Golden)));

    /// <summary>An independent sequence, unaffected by later draws from this one.</summary>
    public Chance Fork() => new(Next());

    public ulong Next() => Mix(_state += Golden);

    /// <summary>At least <paramref name="low"/>, below <paramref name="high"/>.</summary>
    public float Between(float low, float high) => low + ((Next() >> 40) * (1f / (1 << 24)) * (high - low));

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool Happens(float probability) => Between(0, 1) < probability;

    public T OneOf<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>Mean 0, standard deviation 1: a sum of four uniform numbers, normal enough for noise at a tenth of the cost.</summary>
    public float Normal()
    {
        var bits = Next();
        var sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        return ((sum / 65536f) - 2) * 1.7320508f;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
