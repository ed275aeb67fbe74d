using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>Studies of one report type, and what the model says of them. Each is scored with the reports of all.</summary>
/// <param name="Type">Index of their type.</param>
/// <param name="TypeName">Its name.</param>
/// <param name="Studies">One at least.</param>
internal sealed record StudyGroup(int Type, string TypeName, IReadOnlyList<ReadStudy> Studies);

/// <summary>A study that has been read.</summary>
/// <param name="Study">The study.</param>
/// <param name="Report">Its report as the networks see it.</param>
/// <param name="Phrases">Phrases of the report that could be grounded.</param>
/// <param name="Reading">What the model says of the image, with a map for each phrase, and a score for each prompt of the task that is asked.</param>
internal sealed record ReadStudy(Study Study, EncodedText Report, IReadOnlyList<Phrase> Phrases, ImageReading Reading)
{
    /// <summary>Names of its findings; without any, that for none.</summary>
    public IReadOnlyList<string> Findings => Study.Findings is [] ? [PromptSets.Normal] : [.. Study.Findings.Select(f => f.Name)];
}
