namespace MedMoE.Mesh.Training;

/// <summary>Means of a loss and its terms over some batches.</summary>
internal sealed class LossMeter
{
    private readonly double[] _sums = new double[1 + Objective.Terms.Count];

    public int Batches { get; private set; }

    public double Total => _sums[0] / Batches;

    public IReadOnlyList<double> Terms => [.. _sums.Skip(1).Select(sum => sum / Batches)];

    /// <returns>The total.</returns>
    public double Add(Loss loss)
    {
        // Read together: on a GPU each reading waits for all that has been asked of it.
        using var scope = NewDisposeScope();
        var values = stack(loss.Terms.Prepend(loss.Total).Select(t => t.detach())).cpu().data<float>();
        for (var i = 0; i < _sums.Length; i++)
        {
            _sums[i] += values[i];
        }
        Batches++;
        return values[0];
    }

    public void Add(LossMeter other)
    {
        for (var i = 0; i < _sums.Length; i++)
        {
            _sums[i] += other._sums[i];
        }
        Batches += other.Batches;
    }

    /// <summary>Sums of the total and the terms, to go on with after <see cref="Restore"/>.</summary>
    public IReadOnlyList<double> Sums => _sums;

    public void Restore(IReadOnlyList<double> sums, int batches)
    {
        for (var i = 0; i < _sums.Length; i++)
        {
            _sums[i] = sums[i];
        }
        Batches = batches;
    }

    public void Reset()
    {
        Array.Clear(_sums);
        Batches = 0;
    }
}
