using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Plots;
using MedMoE.Mesh.Evaluation.Tasks;

namespace MedMoE.Mesh.Evaluation;

/// <summary>The result of an evaluation. If the data do not allow a task, its result is null and a note says why.</summary>
public sealed record EvaluationResult
{
    public required string ModelVersion { get; init; }

    public string? Notice { get; init; }

    /// <summary>How the expert was chosen: auto, report, image, type or an expert's name.</summary>
    public required string Expert { get; init; }

    /// <summary>By report type.</summary>
    public required IReadOnlyDictionary<string, int> Studies { get; init; }

    /// <summary>Images per expert.</summary>
    public required IReadOnlyDictionary<string, int> ExpertRuns { get; init; }

    /// <summary>Mean number of experts that ran per image; 1 if the gates agree.</summary>
    public required double ExpertsPerImage { get; init; }

    /// <summary>What was left out, and why.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    internal IReadOnlyList<EvaluationTask> Tasks { get; init; } = [];

    /// <summary>The result of a task by its type; null if the data did not allow it.</summary>
    public T? Of<T>()
        where T : class => Tasks.Select(task => task.Result).OfType<T>().SingleOrDefault();

    public string ToText()
    {
        var text = new EvaluationText();
        var ofType = string.Join(", ", Studies.Select(s => $"{s.Value} {s.Key}"));
        text.Line($"{ModelVersion} on {Studies.Values.Sum()} studies ({ofType}), expert by {Expert}");
        text.Line($"");
        foreach (var task in Tasks)
        {
            task.Write(text);
        }
        text.Row("experts run per image", ExpertsPerImage, $"{string.Join(", ", ExpertRuns.Select(r => $"{r.Key} {r.Value}"))}");
        foreach (var note in Notes)
        {
            text.Line($"note: {note}");
        }
        return text.ToString();
    }

    /// <exception cref="IOException">The folder or a file cannot be written.</exception>
    public void Draw(string folder)
    {
        Directory.CreateDirectory(folder);
        string PathOf(string name) => Path.Combine(folder, $"{name}.png");
        var model = Notice is null ? ModelVersion : $"{ModelVersion}: {Notice}";
        foreach (var task in Tasks)
        {
            task.Draw(PathOf, model);
        }
        ReliabilityPlot.Write(PathOf("reliability"), model, Tasks.SelectMany(task => task.Calibrations));
    }

    /// <summary>JSON with names in snake_case. The result of a skipped task is null.</summary>
    public string ToJson() => EvaluationJson.Format(new Dictionary<string, object?>(
    [
        new("model_version", ModelVersion),
        new("notice", Notice),
        new("expert", Expert),
        new("studies", Studies),
        .. Tasks.Select(task => KeyValuePair.Create(task.Name, task.Result)),
        new("calibration", Tasks.SelectMany(task => task.Calibrations).ToDictionary(c => c.Name, c => c.Found)),
        new("expert_runs", ExpertRuns),
        new("experts_per_image", ExpertsPerImage),
        new("notes", Notes),
    ]));
}
