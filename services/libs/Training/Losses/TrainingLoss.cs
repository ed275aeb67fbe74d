namespace MedMoE.Mesh.Training.Losses;

/// <summary>
/// A loss of the objective: the sum of its terms, times its weight. A new one is a class and an entry of <see cref="Objective.Losses"/>.
/// </summary>
/// <param name="weight">What its sum is multiplied by.</param>
/// <param name="terms">What it consists of.</param>
public abstract class TrainingLoss(LossWeight weight, params IReadOnlyList<LossTerm> terms)
{
    public LossWeight Weight { get; } = weight;

    public IReadOnlyList<LossTerm> Terms { get; } = terms;

    /// <summary>Its terms for a batch, unweighted scalars in the order of <see cref="Terms"/>.</summary>
    internal abstract IReadOnlyList<Tensor> Of(BatchOutputs outputs);
}
