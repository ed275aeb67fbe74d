namespace MedMoE.Mesh.Studies;

/// <summary>One pair of a data set: an image and its report.</summary>
/// <param name="Key">Its name, unique in the data set.</param>
/// <param name="Image">PNG or JPEG, as it lay in the data.</param>
/// <param name="Report">The report's text.</param>
/// <param name="ReportType">Index of the expert among the bundle's that the report's type belongs to.</param>
/// <param name="Findings">Ground truth of what is in the image and where; empty where the data has none.</param>
public sealed record Study(string Key, byte[] Image, string Report, int ReportType, IReadOnlyList<Finding> Findings);

/// <summary>Something that a report names and an image shows.</summary>
/// <param name="Name">What it is, one of the data set's names for findings, such as "pleural effusion".</param>
/// <param name="Phrase">The words of the report that name it, as they stand there.</param>
/// <param name="Box">Where it is.</param>
/// <param name="Mask">PNG of one channel in the image's size, above 127 where the finding is; null where there is a box alone.</param>
public sealed record Finding(string Name, string Phrase, Box Box, byte[]? Mask);

/// <summary>A box in pixels of the image; the right and lower edges are outside.</summary>
public readonly record struct Box(int Left, int Top, int Width, int Height);
