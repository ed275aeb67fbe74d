namespace MedMoE.Mesh.Bench;

/// <summary>A value that was measured once in each round.</summary>
/// <param name="Rounds">In the order of the rounds.</param>
internal sealed record Figure(IReadOnlyList<double> Rounds)
{
    public double Median => Rounds.Order().ElementAt(Rounds.Count / 2);

    public double Lowest => Rounds.Min();

    public double Highest => Rounds.Max();

    /// <summary>Round by round, so that both were measured with the same other work on the machine.</summary>
    public static Figure operator /(Figure left, Figure right) => new([.. left.Rounds.Zip(right.Rounds, (a, b) => a / b)]);
}

/// <summary>What was measured, by case and unit.</summary>
internal sealed class Figures
{
    private readonly Dictionary<string, Dictionary<string, List<double>>> _values = [];

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Figure>> All => _values.ToDictionary(
        of => of.Key, of => (IReadOnlyDictionary<string, Figure>)of.Value.ToDictionary(unit => unit.Key, unit => new Figure(unit.Value)));

    /// <summary>Null if the case did not run.</summary>
    public Figure? Find(string name, string unit) =>
        _values.TryGetValue(name, out var units) && units.TryGetValue(unit, out var rounds) ? new Figure(rounds) : null;

    public void Add(string name, IReadOnlyDictionary<string, double> values)
    {
        var units = _values.TryGetValue(name, out var known) ? known : _values[name] = [];
        foreach (var (unit, value) in values)
        {
            (units.TryGetValue(unit, out var rounds) ? rounds : units[unit] = []).Add(value);
        }
    }
}
