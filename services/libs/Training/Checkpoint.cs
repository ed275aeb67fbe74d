using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Model.Weights;

namespace MedMoE.Mesh.Training;

/// <summary>
/// Progress of a run: optimizer steps; the epoch of the next batch, and the batches used in it; the lowest validation loss (null before the first
/// validation), the validations since, and those since then or since the learning rate was cut; the factor that plateaus have applied to the learning
/// rate; sum and number of the batch losses since the last validation; in a checkpoint, sums and number of the losses since the log's last row.
/// </summary>
public sealed record TrainingState(
    int Step, int Epoch, int BatchInEpoch, double? Best, int SinceBest, int SinceCut, double Reduction, double LossSum, int LossBatches,
    IReadOnlyList<double>? RowSums = null, int RowBatches = 0)
{
    public static TrainingState Start { get; } = new(0, 0, 0, null, 0, 0, 1, 0, 0);
}

/// <summary>
/// A checkpoint in one safetensors file: networks, the optimizer's moments, and in the metadata the progress and the options. A resumed run has the
/// same losses as one that was never interrupted.
/// </summary>
internal static class Checkpoint
{
    private const string StateKey = "medmoe.state";
    private const string OptionsKey = "medmoe.options";
    private const string InputsKey = "medmoe.inputs";

    /// <summary>Options whose values are stored as numbers, or that have another name on the command line.</summary>
    private static readonly Dictionary<string, string> _coded = new()
    {
        [nameof(TrainOptions.Batches)] = "--batches",
        [nameof(TrainOptions.Routing)] = "--expert",
        [nameof(TrainOptions.Frozen)] = "--freeze",
        [nameof(TrainOptions.HalfTrunk)] = "--precision",
        [nameof(OptimizerOptions.Decoupled)] = "--optimizer",
        [nameof(ScheduleOptions.Kind)] = "--schedule",
    };

    private static readonly JsonSerializerOptions _json = new() { RespectRequiredConstructorParameters = true };

    /// <exception cref="IOException">The disk is full or not writable; the previous checkpoint is unchanged.</exception>
    public static void Save(
        string path, TrainedNetworks networks, Adam adam, TrainingState state, TrainOptions options, RunInputs inputs) => StateDict.Save(
        networks.State.Concat(adam.State), path, ScalarType.Float32, new Dictionary<string, string>
        {
            ["format"] = "pt",
            [StateKey] = JsonSerializer.Serialize(state),
            [OptionsKey] = Fingerprint(options),
            [InputsKey] = JsonSerializer.Serialize(inputs),
        });

    /// <summary>Restores networks and optimizer.</summary>
    /// <exception cref="BundleException">Not a checkpoint, or one of other networks, options or data.</exception>
    public static (TrainingState State, bool HasOtherValidation) Restore(
        string path, TrainedNetworks networks, Adam adam, TrainOptions options, RunInputs inputs)
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(StateKey, out var json) || !file.Metadata.TryGetValue(OptionsKey, out var began))
        {
            throw new BundleException(path, "not a training checkpoint");
        }
        if (began != Fingerprint(options))
        {
            var changes = Changes(JsonNode.Parse(began), JsonNode.Parse(Fingerprint(options)), "");
            throw new BundleException(path, $"the run began with other options: {string.Join("; ", changes)}");
        }
        // Checkpoints of older versions have no inputs.
        var before = file.Metadata.TryGetValue(InputsKey, out var read) ? ReadInputs(path, read) : inputs;
        string[] others = [.. before.Changes(inputs)];
        if (others.Length > 0)
        {
            throw new BundleException(
                path, $"the run began with another {string.Join(" and ", others)}; a new run can begin with its bundle as --init");
        }
        StateDict.Restore(networks.State.Concat(adam.State), file);
        var state = ReadState(path, json);
        adam.Steps = state.Step;
        return (state, before.Validation != inputs.Validation);
    }

    private static TrainingState ReadState(string path, string json)
    {
        try
        {
            return JsonFile.ParseObject($"{path}, {StateKey}", Encoding.UTF8.GetBytes(json)).Deserialize<TrainingState>(_json)
                is { Step: >= 0, Epoch: >= 0, BatchInEpoch: >= 0 } state
                && (state.RowSums?.Count ?? 1 + Objective.Terms.Count) == 1 + Objective.Terms.Count ? state
                : throw new BundleException(path, "not a training checkpoint: its place in the run is none");
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not a training checkpoint: {JsonFault.Reason(e)}");
        }
    }

    private static RunInputs ReadInputs(string path, string json)
    {
        try
        {
            return JsonFile.ParseObject($"{path}, {InputsKey}", Encoding.UTF8.GetBytes(json)).Deserialize<RunInputs>(_json)!;
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not a training checkpoint: {JsonFault.Reason(e)}");
        }
    }

    /// <summary>Each option that differs, by its name on the command line.</summary>
    private static IEnumerable<string> Changes(JsonNode? began, JsonNode? now, string name)
    {
        if (began is JsonObject before && now is JsonObject after)
        {
            return before.Select(p => p.Key).Union(after.Select(p => p.Key)).SelectMany(key => Changes(before[key], after[key], key));
        }
        return JsonNode.DeepEquals(began, now) ? []
            : _coded.TryGetValue(name, out var option) ? [$"{option} was another one"]
            : [$"--{JsonNamingPolicy.KebabCaseLower.ConvertName(name)} is {Text(now)}, was {Text(began)}"];

        static string Text(JsonNode? value) => value?.ToJsonString().Trim('"') ?? "not given";
    }

    /// <summary>The options that losses depend on. The length of a run and its checkpoints may change.</summary>
    private static string Fingerprint(TrainOptions options) => JsonSerializer.Serialize(options with
    {
        Steps = options.Schedule.Kind == ScheduleKind.Cosine ? options.Steps : null,
        Epochs = 0,
        EarlyStop = 0,
        CheckpointEvery = 0,
    });
}
