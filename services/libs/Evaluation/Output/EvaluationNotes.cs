using System.Globalization;

namespace MedMoE.Mesh.Evaluation.Output;

/// <summary>What an evaluation left out, and why.</summary>
internal sealed class EvaluationNotes
{
    private const int Named = 3;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(string line) => _lines.Add(line);

    /// <summary>Adds the number of faults and the first ones, if there are any.</summary>
    public void Add(string what, IReadOnlyList<string> faults)
    {
        if (faults.Count > 0)
        {
            var more = faults.Count > Named ? "; …" : "";
            Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {faults.Count} ({string.Join("; ", faults.Take(Named))}{more})"));
        }
    }
}
