namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>
/// An image to evaluate: normalised pixels, [3, size, size], the index of its true report type, and the words of each phrase to ground.
/// </summary>
internal sealed record StudyImage(float[] Pixels, int ReportType, IReadOnlyList<int[]> Phrases);

/// <summary>Results of the model for an image.</summary>
/// <param name="Gate">Probability of each expert by the image gate.</param>
/// <param name="Embedding">v_g, [D].</param>
/// <param name="ReportScores">Score with each report.</param>
/// <param name="PromptScores">Score with each prompt.</param>
/// <param name="PhraseMaps">Mean attention of each phrase's words, [side, side], row-major.</param>
/// <param name="GridSide">Positions per side of a map.</param>
internal sealed record ImageReading(float[] Gate, float[] Embedding, float[] ReportScores, float[] PromptScores, float[][] PhraseMaps, int GridSide);
