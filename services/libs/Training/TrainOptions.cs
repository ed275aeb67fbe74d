using System.Text.Json.Serialization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>Which expert sees a pair in training.</summary>
public enum ExpertRouting
{
    /// <summary>That of the pair's true report type.</summary>
    Type,

    /// <summary>The report gate's most probable.</summary>
    Gate,

    /// <summary>The first one, whatever the type: one expert shared by all (an ablation).</summary>
    Shared,
}

/// <summary>How the learning rate goes after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Stays.</summary>
    Constant,

    /// <summary>Is cut when the validation loss has stopped falling.</summary>
    Plateau,

    /// <summary>Falls to nothing along half a cosine, over all steps.</summary>
    Cosine,
}

/// <param name="Decoupled">AdamW (Loshchilov and Hutter, ICLR 2019): decay apart from the gradient; else Adam with L2.</param>
/// <param name="LearningRate">At its highest.</param>
/// <param name="WeightDecay">Of matrices; biases, norms and temperatures have none.</param>
/// <param name="Clip">Largest norm of all gradients together; 0: no limit.</param>
public sealed record OptimizerOptions(bool Decoupled = true, double LearningRate = 5e-5, double WeightDecay = 0.01, double Clip = 1);

/// <param name="Kind">How it goes.</param>
/// <param name="WarmUp">Steps over which the learning rate rises from nothing.</param>
/// <param name="Factor">Plateau: what the learning rate is multiplied by.</param>
/// <param name="Patience">Plateau: validations without a new best before that.</param>
public sealed record ScheduleOptions(ScheduleKind Kind = ScheduleKind.Plateau, int WarmUp = 0, double Factor = 0.1, int Patience = 10);

/// <summary>One training run. What is not in it cannot change its losses.</summary>
public sealed record TrainOptions
{
    /// <summary>Optimizer steps; null to go by <see cref="Epochs"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>Passes over the data. Default 10.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Pairs contrasted with each other. Default 32.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Batches of a step. Default 1.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>What a batch is made of. Default: what comes.</summary>
    public BatchPlan Batches { get; init; } = BatchPlan.Mixed;

    /// <summary>Which expert sees a pair. Default: that of its type.</summary>
    public ExpertRouting Routing { get; init; } = ExpertRouting.Type;

    /// <summary>The finest pyramid level in use: 0 (default) for all, 3 for the last alone (an ablation).</summary>
    public int FirstLevel { get; init; }

    /// <summary>Parts that do not learn, by <see cref="BundlePart.Kind"/>. Default: none.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    /// <summary>Rows an expert needs of a batch to be normalised by the batch's own statistics. Default 4.</summary>
    public int BatchNormRows { get; init; } = 4;

    /// <summary>By their names; temperatures are the bundle's (<see cref="SimilaritySettings"/>). Default: the paper's.</summary>
    public IReadOnlyDictionary<string, double> Weights { get; init; } = Objective.Weights.ToDictionary(w => w.Name, w => w.Paper);

    public OptimizerOptions Optimizer { get; init; } = new();

    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>Steps between validations; null (default) for the end of each epoch.</summary>
    public int? ValidateEvery { get; init; }

    /// <summary>Validations without a new best after which training ends; 0 (default): never.</summary>
    public int EarlyStop { get; init; }

    /// <summary>Steps between checkpoints. Default 200.</summary>
    public int CheckpointEvery { get; init; } = 200;

    /// <summary>Whether backbone and text encoder compute in bf16; their weights are kept in fp32.</summary>
    public bool HalfTrunk { get; init; }

    /// <summary>Of the data's order.</summary>
    public int Seed { get; init; }

    /// <summary>Sections of the reports that are read, as <see cref="ReportSections"/> names them; null (default) for all.</summary>
    /// <remarks>Not written where there are none: runs that began before there was a choice can be resumed.</remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sections { get; init; }
}
