namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>An image to read.</summary>
/// <param name="Pixels">As the preprocessor makes them, [3, size, size].</param>
/// <param name="ReportType">Its true report type: an expert's index.</param>
/// <param name="Phrases">Of each phrase to ground, its words in the image's own report.</param>
internal sealed record StudyImage(float[] Pixels, int ReportType, IReadOnlyList<int[]> Phrases);

/// <summary>What the model says of an image.</summary>
/// <param name="Gate">Probability of each expert by the image gate.</param>
/// <param name="Embedding">v_g, [D].</param>
/// <param name="ReportScores">Score of the image with each report.</param>
/// <param name="PromptScores">Score of the image with each prompt.</param>
/// <param name="PhraseMaps">Where each phrase looks: the mean of its words' attention, [side, side], row-major.</param>
/// <param name="GridSide">Positions on a side of a map.</param>
internal sealed record ImageReading(
    float[] Gate, float[] Embedding, float[] ReportScores, float[] PromptScores, float[][] PhraseMaps, int GridSide);
