namespace MedMoE.Mesh.Training;

/// <summary>The learning rate of each step. The highest follows the warm-up; <see cref="ScheduleKind.Cosine"/> needs the total steps.</summary>
internal sealed class LearningRate(double highest, ScheduleOptions options, int? totalSteps)
{
    /// <summary>Factor from plateaus so far, 1 at first.</summary>
    public double Reduction { get; set; } = 1;

    /// <summary>Validations without a new best since the last cut.</summary>
    public int WithoutBest { get; set; }

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

    /// <summary>Call after a validation: cuts the learning rate at a plateau.</summary>
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
