using System.Globalization;

namespace MedMoE.Mesh.Training;

/// <summary>Means over the steps since the previous row; losses are unweighted except the total.</summary>
/// <param name="Step">Optimizer steps taken.</param>
/// <param name="Epoch">Epoch of the next batch.</param>
/// <param name="Loss">Total loss.</param>
/// <param name="Terms">In the order of <see cref="Objective.Terms"/>.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="ImagesPerSecond">In training, without validation.</param>
/// <param name="ValidationLoss">Null without a validation at this step, and always without validation data.</param>
public sealed record LogRow(
    int Step, int Epoch, double Loss, IReadOnlyList<double> Terms, double LearningRate, double ImagesPerSecond, double? ValidationLoss);

/// <summary>The CSV log of a run.</summary>
internal sealed class TrainingLog : IDisposable
{
    public static string Header { get; } =
        $"step,epoch,loss,{string.Join(',', Objective.Terms.Select(t => t.Name))},learning_rate,images_per_second,validation_loss";

    private readonly StreamWriter _file;

    /// <summary>
    /// Resumes a log at this step, 0 for a new run. Rows after it are dropped, because those steps are repeated. Older versions wrote the training
    /// loss as the validation's where there were no validation data; such cells are emptied.
    /// </summary>
    public TrainingLog(string path, int step, bool hasValidation)
    {
        string[] kept = File.Exists(path) && step > 0
            ? [.. File.ReadLines(path).Skip(1).Where(row => int.TryParse(row.AsSpan(0, Math.Max(0, row.IndexOf(','))), out var at) && at <= step)]
            : [];
        File.WriteAllLines(path, kept.Select(row => hasValidation ? row : row[..(row.LastIndexOf(',') + 1)]).Prepend(Header));
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
