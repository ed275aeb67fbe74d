namespace MedMoE.Mesh.GpuCheck;

/// <summary>Sizes that the files of full-size/ give.</summary>
internal static class FullSize
{
    /// <summary>Wordpieces of Bio_ClinicalBERT.</summary>
    public const int Vocabulary = 28996;

    /// <summary>Tokens of a report.</summary>
    public const int Tokens = 25;

    /// <summary>Words of a report.</summary>
    public const int Words = 20;
}
