using System.Diagnostics;
using System.Globalization;

namespace MedMoE.Mesh.Training;

/// <summary>
/// Progress on standard error: on a terminal one line that is overwritten (bar, loss and its terms, images per second, time left), elsewhere a line
/// every ten seconds; and a line for every validation. A resumed run starts at <paramref name="firstStep"/>; without <paramref name="validates"/> the
/// losses that <see cref="Validated"/> gets are of the training data.
/// </summary>
public sealed class TrainingProgress(TrainOptions options, int firstStep, bool validates)
{
    private const int BarWidth = 24;

    // Erases to the end of the line (ECMA-48, EL).
    private static readonly string _restart = Console.IsErrorRedirected ? "" : "\r\e[K";
    private static readonly TimeSpan _between = Console.IsErrorRedirected ? TimeSpan.FromSeconds(10) : TimeSpan.FromSeconds(0.25);

    private readonly Stopwatch _clock = new();
    private TimeSpan _next;
    private int? _totalSteps = options.Steps;
    private int _step;

    /// <summary>Writes a line that stays.</summary>
    public static void Say(string line) => Console.Error.WriteLine($"{_restart}{line}");

    public void Show(LogRow row)
    {
        if (_totalSteps is null && row.Epoch > 0)
        {
            // Every epoch has as many batches.
            _totalSteps = (int)Math.Ceiling((double)row.Step / row.Epoch * options.Epochs);
        }
        _step = row.Step;
        var (now, last) = (_clock.Elapsed, row.Step == _totalSteps);
        // The first step also loads and initialises, so the time left counts from its end.
        _clock.Start();
        if (now < _next && !last)
        {
            return;
        }
        _next = now + _between;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{Position(row.Step, now)}  loss {row.Loss:F3} = {Terms(row)}  {row.ImagesPerSecond:F0} images/s");
        Console.Error.Write($"{_restart}{line}{(Console.IsErrorRedirected || last ? "\n" : "")}");
    }

    public void Validated(double loss, bool best)
    {
        var what = validates ? "validation loss" : "mean training loss";
        Say(string.Create(CultureInfo.InvariantCulture, $"step {_step}: {what} {loss:F4}{(best ? ", the best so far; bundle saved" : "")}"));
    }

    private static string Terms(LogRow row) => string.Join(", ", Objective.Terms
        .Zip(row.Terms, (term, value) => (term, Value: value.ToString("F3", CultureInfo.InvariantCulture)))
        .GroupBy(t => t.term.Group.Label ?? t.term.Name, (label, own) => $"{label} {string.Join(' ', own.Select(t => t.Value))}"));

    private string Position(int step, TimeSpan now)
    {
        if (_totalSteps is not { } total)
        {
            return $"step {step}";
        }
        var full = (int)((long)BarWidth * step / total);
        var measured = step - firstStep - 1;
        var rest = now * ((double)(total - step) / Math.Max(1, measured));
        var left = measured == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"  {(int)rest.TotalHours}:{rest:mm\\:ss} left");
        return $"[{new string('#', full)}{new string('.', BarWidth - full)}] {step}/{total}{left}";
    }
}
