using System.Text;
using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Training;

/// <summary>Where a run is.</summary>
/// <param name="Step">Optimizer steps taken.</param>
/// <param name="Epoch">Epoch of the next batch.</param>
/// <param name="BatchInEpoch">Batches of that epoch that have been used.</param>
/// <param name="Best">Lowest validation loss so far; null before the first validation.</param>
/// <param name="SinceBest">Validations since.</param>
/// <param name="SinceCut">The same, or since the learning rate was cut.</param>
/// <param name="Reduction">What plateaus have left of the learning rate.</param>
/// <param name="LossSum">Of the batches since the last validation.</param>
/// <param name="LossBatches">Those batches.</param>
public sealed record TrainingState(
    int Step, int Epoch, int BatchInEpoch, double? Best, int SinceBest, int SinceCut, double Reduction, double LossSum, int LossBatches)
{
    public static TrainingState Start { get; } = new(0, 0, 0, null, 0, 0, 1, 0, 0);
}

/// <summary>
/// A run on disk, in one safetensors file: networks, the optimizer's moments, and in the metadata where it is and with which options it began.
/// A run that goes on from it has the losses of one that was never stopped.
/// </summary>
internal static class Checkpoint
{
    private const string StateKey = "medmoe.state";
    private const string OptionsKey = "medmoe.options";

    private static readonly JsonSerializerOptions _json = new() { RespectRequiredConstructorParameters = true };

    /// <exception cref="IOException">The disk is full or not writable; the checkpoint before is untouched.</exception>
    public static void Save(string path, TrainedNetworks networks, Adam adam, TrainingState state, TrainOptions options) => StateDict.Save(
        networks.State.Concat(adam.State), path, ScalarType.Float32, new Dictionary<string, string>
        {
            ["format"] = "pt",
            [StateKey] = JsonSerializer.Serialize(state),
            [OptionsKey] = Fingerprint(options),
        });

    /// <summary>Reads a run back into networks and optimizer.</summary>
    /// <exception cref="BundleException">No checkpoint, or one of other networks or options.</exception>
    public static TrainingState Restore(string path, TrainedNetworks networks, Adam adam, TrainOptions options)
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(StateKey, out var json) || !file.Metadata.TryGetValue(OptionsKey, out var began))
        {
            throw new BundleException(path, "not a training checkpoint");
        }
        if (began != Fingerprint(options))
        {
            throw new BundleException(path, $"the run began with other options: {began}; now {Fingerprint(options)}");
        }
        StateDict.Restore(networks.State.Concat(adam.State), file);
        var state = ReadState(path, json);
        adam.Steps = state.Step;
        return state;
    }

    private static TrainingState ReadState(string path, string json)
    {
        try
        {
            return JsonFile.ParseObject($"{path}, {StateKey}", Encoding.UTF8.GetBytes(json)).Deserialize<TrainingState>(_json)
                is { Step: >= 0, Epoch: >= 0, BatchInEpoch: >= 0 } state ? state
                : throw new BundleException(path, "not a training checkpoint: its place in the run is none");
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not a training checkpoint: {e.Message}");
        }
    }

    /// <summary>The options that losses depend on. How long a run goes on and how often it saves may change.</summary>
    private static string Fingerprint(TrainOptions options) => JsonSerializer.Serialize(options with
    {
        Steps = options.Schedule.Kind == ScheduleKind.Cosine ? options.Steps : null,
        Epochs = 0,
        EarlyStop = 0,
        CheckpointEvery = 0,
    });
}
