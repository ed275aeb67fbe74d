namespace MedMoE.Mesh.Training;

/// <summary>The learning rate of each step.</summary>
/// <param name="highest">After the warm-up.</param>
/// <param name="options">How it goes from there.</param>
/// <param name="totalSteps">Steps of the run; needed by <see cref="ScheduleKind.Cosine"/>.</param>
internal sealed class LearningRate(double highest, ScheduleOptions options, int? totalSteps)
{
    /// <summary>What plateaus have left of it, 1 at first.</summary>
    public double Reduction { get; set; } = 1;

    /// <summary>Validations without a new best since the last cut.</summary>
    public int WithoutBest { get; set; }

    /// <param name="step">From 0.</param>
    public double At(int step)
    {
        var rate = highest * Reduction;
        if (step < options.WarmUp)
        {
            return rate * (step + 1) / options.WarmUp;
        }
        return options.Kind == ScheduleKind.Cosine && totalSteps is { } total
            ? rate * 0.5 * (1 + Math.Cos(Math.PI * (step - options.WarmUp) / Math.Max(1, total - options.WarmUp)))
            : rate;
    }

    /// <summary>Takes notice of a validation: at a plateau the learning rate is cut.</summary>
    public void Validated(bool best)
    {
        WithoutBest = best ? 0 : WithoutBest + 1;
        if (options.Kind == ScheduleKind.Plateau && WithoutBest > options.Patience)
        {
            Reduction *= options.Factor;
            WithoutBest = 0;
        }
    }
}
