namespace MedMoE.Mesh.Training;

/// <summary>A loss that an objective adds up.</summary>
/// <param name="Name">Its column in the log.</param>
/// <param name="Curve">Name of its curve in the group's plot.</param>
/// <param name="Group">What it is shown with.</param>
public sealed record LossTerm(string Name, string Curve, LossGroup Group);

/// <summary>Losses of one kind: they share a plot.</summary>
/// <param name="Label">Before their values in the progress line; null where each has its own name there.</param>
/// <param name="Title">Of the plot.</param>
/// <param name="Axis">Label of the plot's vertical axis.</param>
public sealed record LossGroup(string? Label, string Title, string Axis);

/// <summary>What losses are multiplied by.</summary>
/// <param name="Name">In the options of a run; in lower case that of the command line.</param>
/// <param name="Description">For the command line.</param>
/// <param name="Paper">The paper's.</param>
/// <param name="Released">The released code's.</param>
public sealed record LossWeight(string Name, string Description, double Paper, double Released);
