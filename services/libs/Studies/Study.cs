namespace MedMoE.Mesh.Studies;

/// <summary>
/// An image, as an encoded PNG or JPEG, with its report. The key is unique in the data set, the report type is the index of its expert in the bundle,
/// and the findings are ground truth, empty if the data has none.
/// </summary>
public sealed record Study(string Key, byte[] Image, string Report, int ReportType, IReadOnlyList<Finding> Findings);

/// <summary>Something that a report names and an image shows.</summary>
/// <param name="Name">The data set's name of the finding, such as "pleural effusion".</param>
/// <param name="Phrase">The words of the report for it, verbatim.</param>
/// <param name="Box">Its position in the image.</param>
/// <param name="Mask">PNG of one channel in the image's size, above 127 inside the finding; null if there is only a box.</param>
public sealed record Finding(string Name, string Phrase, Box Box, byte[]? Mask);

/// <summary>A box in pixels of the image; the right and lower edges are exclusive.</summary>
public readonly record struct Box(int Left, int Top, int Width, int Height);
