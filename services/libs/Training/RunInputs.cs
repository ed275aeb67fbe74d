namespace MedMoE.Mesh.Training;

/// <summary>
/// SHA-256 of what a run reads: the bundle that it starts from, the training data, and the validation data (null without). A resumed run must begin
/// with the same bundle and training data: its position counts batches of these.
/// </summary>
internal sealed record RunInputs(string Init, string Data, string? Validation)
{
    /// <summary>The options of the inputs that must be the same and are not.</summary>
    public IEnumerable<string> Changes(RunInputs now) =>
        new[] { ("--init", Init, now.Init), ("--data", Data, now.Data) }.Where(input => input.Item2 != input.Item3).Select(input => input.Item1);
}
