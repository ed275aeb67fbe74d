using System.Diagnostics;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bundles;
using TorchSharp;

namespace MedMoE.Mesh.Training;

/// <summary>The loss or a gradient is not finite.</summary>
public sealed class DivergedException(int step) : InvalidInputException(
    $"step {step}: the gradients are not finite; the last checkpoint is intact. A lower --learning-rate or a --clip may help");

public enum Outcome
{
    Finished,
    StoppedEarly,
    Interrupted,
}

/// <summary>Output of a run: the best networks so far as a bundle, with this float type, and the folder of checkpoint, log and curves.</summary>
public sealed record TrainingOutput(string Bundle, string Folder, ScalarType Storage)
{
    public string CheckpointFile => Path.Combine(Folder, "checkpoint.safetensors");

    public string LogFile => Path.Combine(Folder, "log.csv");

    public string CurvesFile => Path.Combine(Folder, "curves.png");

    /// <exception cref="BundleException">There is another run, or something else; the remedy is for a run that can be continued.</exception>
    public void RequireFree(string remedy)
    {
        BundleFolder.RequireFree(Bundle, File.Exists(CheckpointFile) ? remedy : "");
        // Log and curves of a run without a checkpoint: there is nothing in them to lose.
        if (!Directory.Exists(Folder) || Directory.EnumerateFileSystemEntries(Folder).Except([LogFile, CurvesFile]).Any())
        {
            BundleFolder.RequireFree(Folder, File.Exists(CheckpointFile) ? remedy : "");
        }
    }

    /// <exception cref="BundleException">There is no run to continue.</exception>
    public void RequireCheckpoint()
    {
        if (!File.Exists(CheckpointFile))
        {
            throw new BundleException(Folder, "no run to continue: no checkpoint; start it without --resume");
        }
    }
}

/// <summary>Trains a bundle's networks and writes checkpoints and the best bundle.</summary>
public sealed class TrainingRun : IDisposable
{
    private const int LogEvery = 10;

    /// <summary>Until here every step has a row, so that short runs and the warm-up can be seen.</summary>
    private const int LogEach = 100;

    private readonly TrainedNetworks _networks;
    private readonly IBatchSource _data;
    private readonly TrainOptions _options;
    private readonly TrainingOutput _output;
    private readonly RunInputs _inputs;
    private readonly Adam _adam;
    private readonly Objective _objective;
    private readonly LearningRate _learningRate;
    private readonly LossMeter _ofStep = new();
    private readonly LossMeter _sinceRow = new();
    private readonly Stopwatch _clock = new();
    private long _images;
    private TrainingState _state = TrainingState.Start;

    public TrainingRun(TrainedNetworks networks, IBatchSource data, TrainOptions options, TrainingOutput output)
    {
        (_networks, _data, _options, _output) = (networks, data, options, output);
        _inputs = new RunInputs(networks.SourceDigest(), data.Digest, data.ValidationDigest);
        if (options.HalfTrunk)
        {
            networks.Backbone.Network.to(ScalarType.BFloat16);
            networks.Text.Network.to(ScalarType.BFloat16);
        }
        foreach (var expert in networks.Experts)
        {
            expert.LeastRowsForStatistics = options.BatchNormRows;
        }
        _adam = new Adam(networks.Learning(options.Frozen), options.Optimizer);
        _objective = new Objective(networks, options.Weights, options.Routing, options.FirstLevel, options.HalfTrunk);
        _learningRate = new LearningRate(options.Optimizer.LearningRate, options.Schedule, options.Steps);
    }

    /// <summary>Raised after every step, with the step's own losses.</summary>
    public event Action<LogRow>? Stepped;

    /// <summary>
    /// Raised after every validation: its loss (without validation data, the mean training loss), and whether it is the best so far.
    /// </summary>
    public event Action<double, bool>? Validated;

    public TrainingState State => _state;

    /// <returns>Whether the validation data are others than before: then the next validation is the first.</returns>
    /// <exception cref="BundleException">No checkpoint, or one of other networks, options or data.</exception>
    public bool Resume()
    {
        _output.RequireCheckpoint();
        var restored = Checkpoint.Restore(_output.CheckpointFile, _networks, _adam, _options, _inputs);
        if (restored.State.RowSums is { } sums)
        {
            _sinceRow.Restore(sums, restored.State.RowBatches);
        }
        _state = restored.State with { RowSums = null, RowBatches = 0 };
        if (restored.HasOtherValidation)
        {
            // A loss of other data is not comparable.
            _state = _state with { Best = null, SinceBest = 0, SinceCut = 0 };
        }
        (_learningRate.Reduction, _learningRate.WithoutBest) = (_state.Reduction, _state.SinceCut);
        return restored.HasOtherValidation;
    }

    /// <summary>Trains to the end or until <paramref name="stop"/>, which finishes and saves the current step.</summary>
    /// <exception cref="DivergedException">Gradients are not finite.</exception>
    /// <exception cref="IOException">A checkpoint or bundle cannot be written; the previous ones are intact.</exception>
    public Outcome Run(CancellationToken stop)
    {
        Directory.CreateDirectory(_output.Folder);
        var hasValidation = _data.Validation is not null;
        using var log = new TrainingLog(_output.LogFile, _state.Step, hasValidation);
        using var batches = Batches().GetEnumerator();
        _networks.Train(training: true, _options.Frozen);
        while (!Done && !Stalled && !stop.IsCancellationRequested)
        {
            var epoch = _state.Epoch;
            var rate = Step(batches);
            var validated = _options.ValidateEvery is { } every ? _state.Step % every == 0 : _state.Epoch > epoch;
            var last = Done;
            double? validation = validated || last ? Validate() : null;
            if (validation is not null || _state.Step <= LogEach || _state.Step % LogEvery == 0)
            {
                Log(log, rate, hasValidation ? validation : null);
            }
            // With a new bundle, so that a run that is killed can go on from what it has saved.
            if (_state.Step % _options.CheckpointEvery == 0 || last || Stalled || (validation is not null && _state.SinceBest == 0))
            {
                SaveCheckpoint();
            }
        }
        if (Done || Stalled)
        {
            return Done ? Outcome.Finished : Outcome.StoppedEarly;
        }
        SaveCheckpoint();
        return Outcome.Interrupted;
    }

    public void Dispose() => _adam.Dispose();

    private bool Done => _options.Steps is { } steps ? _state.Step >= steps : _state.Epoch >= _options.Epochs;

    private bool Stalled => _options.EarlyStop > 0 && _state.SinceBest >= _options.EarlyStop;

    /// <summary>Endless batches from the current position, each with the position after it.</summary>
    private IEnumerable<(TrainingBatch Batch, int NextEpoch, int NextInEpoch)> Batches()
    {
        for (var (epoch, used) = (_state.Epoch, _state.BatchInEpoch); ; (epoch, used) = (epoch + 1, 0))
        {
            // Reads one batch ahead, to detect the last of an epoch.
            TrainingBatch? waiting = null;
            foreach (var batch in _data.Epoch(epoch, used))
            {
                if (waiting is not null)
                {
                    yield return (waiting, epoch, ++used);
                }
                waiting = batch;
            }
            if (waiting is not null)
            {
                yield return (waiting, epoch + 1, 0);
            }
        }
    }

    /// <returns>The learning rate of the step.</returns>
    private double Step(IEnumerator<(TrainingBatch Batch, int NextEpoch, int NextInEpoch)> batches)
    {
        _clock.Start();
        _ofStep.Reset();
        for (var i = 0; i < _options.Accumulate; i++)
        {
            batches.MoveNext();
            var (batch, epoch, used) = batches.Current;
            using var scope = NewDisposeScope();
            var loss = _objective.Of(batch);
            loss.Total.Times(1.0 / _options.Accumulate).backward();
            _images += batch.ReportTypes.Count;
            _state = _state with
            {
                Epoch = epoch,
                BatchInEpoch = used,
                LossSum = _state.LossSum + _ofStep.Add(loss),
                LossBatches = _state.LossBatches + 1,
            };
        }
        if (!double.IsFinite(_adam.Clip()))
        {
            throw new DivergedException(_state.Step);
        }
        var rate = _learningRate.At(_state.Step);
        _adam.Step(rate);
        _clock.Stop();
        _sinceRow.Add(_ofStep);
        _state = _state with { Step = _state.Step + 1 };
        Stepped?.Invoke(Row(_ofStep, rate, null));
        return rate;
    }

    /// <summary>
    /// Returns the loss of the validation data or, without them, the mean training loss since the last validation. If it is the best, saves the
    /// bundle.
    /// </summary>
    private double Validate()
    {
        var loss = _data.Validation is { } data ? LossOf(data) : _state.LossSum / _state.LossBatches;
        var best = _state.Best is not { } before || loss < before;
        _learningRate.Validated(best);
        _state = _state with
        {
            Best = best ? loss : _state.Best,
            SinceBest = best ? 0 : _state.SinceBest + 1,
            SinceCut = _learningRate.WithoutBest,
            Reduction = _learningRate.Reduction,
            LossSum = 0,
            LossBatches = 0,
        };
        if (best)
        {
            _networks.Save(_output.Bundle, _output.Storage, _state.Step);
        }
        Validated?.Invoke(loss, best);
        return loss;
    }

    private double LossOf(IEnumerable<TrainingBatch> data)
    {
        using var noGrad = no_grad();
        var meter = new LossMeter();
        _networks.Train(training: false, _options.Frozen);
        foreach (var batch in data)
        {
            using var scope = NewDisposeScope();
            meter.Add(_objective.Of(batch));
        }
        _networks.Train(training: true, _options.Frozen);
        return meter.Total;
    }

    private LogRow Row(LossMeter losses, double rate, double? validation) => new(
        _state.Step, _state.Epoch, losses.Total, losses.Terms, rate, _images / _clock.Elapsed.TotalSeconds, validation);

    private void Log(TrainingLog log, double rate, double? validation)
    {
        log.Write(Row(_sinceRow, rate, validation));
        _sinceRow.Reset();
        _clock.Reset();
        _images = 0;
    }

    private void SaveCheckpoint() => Checkpoint.Save(
        _output.CheckpointFile, _networks, _adam, _state with { RowSums = _sinceRow.Sums, RowBatches = _sinceRow.Batches }, _options, _inputs);
}
