namespace MedMoE.Mesh.Training.Losses;

/// <summary>One number that a loss consists of.</summary>
/// <param name="Name">Its column in the log.</param>
/// <param name="Curve">Name of its curve in the group's plot.</param>
/// <param name="Group">What it is shown with.</param>
public sealed record LossTerm(string Name, string Curve, LossGroup Group);

/// <summary>Terms of one kind: they share a plot.</summary>
/// <param name="Label">Before their values in the progress line; null where each has its own name there.</param>
/// <param name="Title">Of the plot.</param>
/// <param name="Axis">Label of the plot's vertical axis.</param>
public sealed record LossGroup(string? Label, string Title, string Axis)
{
    internal static LossGroup Contrastive { get; } = new(null, "Contrastive losses", "loss, both directions");
}

/// <summary>What a loss is multiplied by.</summary>
/// <param name="Name">In the options of a run; in lower case that of the command line.</param>
/// <param name="Description">For the command line.</param>
/// <param name="Paper">The paper's.</param>
/// <param name="Released">The released code's, for pre-training.</param>
public sealed record LossWeight(string Name, string Description, double Paper, double Released);
