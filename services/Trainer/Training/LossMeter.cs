using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Training;

/// <summary>Means of a loss and its parts over some batches.</summary>
internal sealed class LossMeter
{
    private readonly double[] _sums = new double[5];

    public int Batches { get; private set; }

    public double Total => _sums[0] / Batches;

    public double Global => _sums[1] / Batches;

    public double Local => _sums[2] / Batches;

    public double ReportGate => _sums[3] / Batches;

    public double ImageGate => _sums[4] / Batches;

    /// <returns>The total.</returns>
    public double Add(Loss loss)
    {
        // Read together: on a GPU each reading waits for all that has been asked of it.
        using var scope = NewDisposeScope();
        var values = stack(new[] { loss.Total, loss.Global, loss.Local, loss.ReportGate, loss.ImageGate }.Select(t => t.detach())).cpu().data<float>();
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

    public void Reset()
    {
        Array.Clear(_sums);
        Batches = 0;
    }
}
