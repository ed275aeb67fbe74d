namespace MedMoE.Mesh.Training;

/// <summary>
/// SHA-256 of what a run reads: the bundle that it starts from, the training data, and the validation data (null without). A resumed run must read
/// the same: its position counts batches of these data, and its best loss is a loss of them.
/// </summary>
internal sealed record RunInputs(string Init, string Data, string? Validation)
{
    /// <summary>Each input that differs, by its option.</summary>
    public IEnumerable<string> Changes(RunInputs now)
    {
        return new[] { ("--init", Init, now.Init), ("--data", Data, now.Data), ("--validation", Validation, now.Validation) }
            .Where(input => input.Item2 != input.Item3)
            .Select(input => input switch
            {
                (var option, null, _) => $"{option} was not given",
                (var option, _, null) => $"{option} is not given",
                var (option, _, _) => $"{option} had other content",
            });
    }
}
