using System.Globalization;

namespace MedMoE.Mesh.Training;

/// <summary>Means over the steps since the row before; losses unweighted but for the total.</summary>
/// <param name="Step">Optimizer steps taken.</param>
/// <param name="Epoch">Epoch of the next batch.</param>
/// <param name="Loss">What is minimised.</param>
/// <param name="Terms">In the order of <see cref="Objective.Terms"/>.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="ImagesPerSecond">While training, without validation.</param>
/// <param name="ValidationLoss">Of a validation at this step; else null.</param>
public sealed record LogRow(
    int Step, int Epoch, double Loss, IReadOnlyList<double> Terms, double LearningRate, double ImagesPerSecond, double? ValidationLoss);

/// <summary>A run's CSV file, a row every few steps.</summary>
internal sealed class TrainingLog : IDisposable
{
    public static string Header { get; } =
        $"step,epoch,loss,{string.Join(',', Objective.Terms.Select(t => t.Name))},learning_rate,images_per_second,validation_loss";

    private readonly StreamWriter _file;

    /// <param name="path">The file; rows after <paramref name="step"/> belong to what is done again and are dropped.</param>
    /// <param name="step">Where the run goes on; 0 for a new one.</param>
    public TrainingLog(string path, int step)
    {
        string[] kept = File.Exists(path) && step > 0
            ? [.. File.ReadLines(path).Skip(1).Where(row => int.TryParse(row.AsSpan(0, Math.Max(0, row.IndexOf(','))), out var at) && at <= step)]
            : [];
        File.WriteAllLines(path, kept.Prepend(Header));
        _file = File.AppendText(path);
    }

    public void Write(LogRow row)
    {
        string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
        string[] cells =
        [
            $"{row.Step}", $"{row.Epoch}", Number(row.Loss, "F5"), .. row.Terms.Select(term => Number(term, "F5")),
            Number(row.LearningRate, "G6"), Number(row.ImagesPerSecond, "F1"),
            row.ValidationLoss is { } loss ? Number(loss, "F5") : "",
        ];
        _file.WriteLine(string.Join(',', cells));
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();
}
