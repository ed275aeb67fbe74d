using System.Text.Json.Serialization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>Which expert a pair is trained with.</summary>
public enum ExpertRouting
{
    /// <summary>The expert of the pair's true report type.</summary>
    Type,

    /// <summary>The report gate's most probable expert.</summary>
    Gate,

    /// <summary>The first expert for all types (an ablation).</summary>
    Shared,
}

/// <summary>Schedule of the learning rate after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Unchanged.</summary>
    Constant,

    /// <summary>Reduced when the validation loss has stopped falling.</summary>
    Plateau,

    /// <summary>Half a cosine down to 0 over all steps.</summary>
    Cosine,
}

/// <param name="Decoupled">AdamW (Loshchilov and Hutter, ICLR 2019): decay apart from the gradient; else Adam with L2.</param>
/// <param name="LearningRate">The highest.</param>
/// <param name="WeightDecay">For matrices; biases, norms and temperatures have none.</param>
/// <param name="Clip">Maximum norm of all gradients together; 0: no limit.</param>
public sealed record OptimizerOptions(bool Decoupled = true, double LearningRate = 5e-5, double WeightDecay = 0.01, double Clip = 1);

/// <summary>The learning rate rises from 0 over <paramref name="WarmUp"/> steps. On a plateau, after <paramref name="Patience"/> validations
/// without a new best, it is multiplied by <paramref name="Factor"/>.</summary>
public sealed record ScheduleOptions(ScheduleKind Kind = ScheduleKind.Plateau, int WarmUp = 0, double Factor = 0.1, int Patience = 10);

/// <summary>One training run. Nothing else changes its losses.</summary>
public sealed record TrainOptions
{
    /// <summary>Optimizer steps; null to count <see cref="Epochs"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>Passes over the data. Default 10.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Pairs contrasted with each other. Default 32.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Batches of a step. Default 1.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>What a batch consists of. Default: pairs of all types in the order of the data.</summary>
    public BatchPlan Batches { get; init; } = BatchPlan.Mixed;

    /// <summary>Which expert a pair is trained with. Default: that of its type.</summary>
    public ExpertRouting Routing { get; init; } = ExpertRouting.Type;

    /// <summary>The finest pyramid level used: 0 (default) for all, 3 for only the last (an ablation).</summary>
    public int FirstLevel { get; init; }

    /// <summary>Parts that are not trained, by <see cref="BundlePart.Kind"/>. Default: none.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    /// <summary>Minimum rows of a batch for an expert to use the batch's own statistics for normalisation. Default 4.</summary>
    public int BatchNormRows { get; init; } = 4;

    /// <summary>Weights of the losses by name; temperatures are the bundle's (<see cref="SimilaritySettings"/>). Default: the paper's.</summary>
    public IReadOnlyDictionary<string, double> Weights { get; init; } = Objective.Weights.ToDictionary(w => w.Name, w => w.Paper);

    public OptimizerOptions Optimizer { get; init; } = new();

    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>Steps between validations; null (default): at the end of each epoch.</summary>
    public int? ValidateEvery { get; init; }

    /// <summary>Validations without a new best after which training ends; 0 (default): never.</summary>
    public int EarlyStop { get; init; }

    /// <summary>Steps between checkpoints. Default 200.</summary>
    public int CheckpointEvery { get; init; } = 200;

    /// <summary>Whether backbone and text encoder compute in bf16; their weights are kept in fp32.</summary>
    public bool HalfTrunk { get; init; }

    /// <summary>Seed of the data's order.</summary>
    public int Seed { get; init; }

    /// <summary>Sections of the reports that are read, as <see cref="ReportSections"/> names them; null (default) for all.</summary>
    /// <remarks>Not written if null, so that older runs can be resumed.</remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sections { get; init; }
}
