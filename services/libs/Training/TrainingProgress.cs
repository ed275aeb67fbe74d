using System.Diagnostics;
using System.Globalization;

namespace MedMoE.Mesh.Training;

/// <summary>
/// Progress on standard error: on a terminal one line that is overwritten (bar, loss and its terms, images per second, time left), elsewhere a line
/// every half minute. The total steps are null if unknown before the end of the first epoch; a resumed run starts at <paramref name="firstStep"/>.
/// </summary>
public sealed class TrainingProgress(int? totalSteps, int firstStep)
{
    private const int BarWidth = 24;
    private static readonly TimeSpan _between = Console.IsErrorRedirected ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(0.25);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next;

    public void Show(LogRow row)
    {
        var now = _clock.Elapsed;
        var last = row.Step == totalSteps;
        if (now < _next && !last)
        {
            return;
        }
        _next = now + _between;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{Position(row.Step, now)}  loss {row.Loss:F3} = {Terms(row)}  {row.ImagesPerSecond:F0} images/s");
        if (Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(line);
        }
        else
        {
            // Carriage return, and erase to the end of the line (ECMA-48, EL).
            Console.Error.Write($"\r{line}\u001b[K{(last ? "\n" : "")}");
        }
    }

    private static string Terms(LogRow row) => string.Join(", ", Objective.Terms
        .Zip(row.Terms, (term, value) => (term, Value: value.ToString("F3", CultureInfo.InvariantCulture)))
        .GroupBy(t => t.term.Group.Label ?? t.term.Name, (label, own) => $"{label} {string.Join(' ', own.Select(t => t.Value))}"));

    private string Position(int step, TimeSpan now)
    {
        if (totalSteps is not { } total)
        {
            return $"step {step}";
        }
        var full = (int)((long)BarWidth * step / total);
        var left = now * ((double)(total - step) / Math.Max(1, step - firstStep));
        return string.Create(
            CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', BarWidth - full)}] {step}/{total}  {left:h\\:mm\\:ss} left");
    }
}
