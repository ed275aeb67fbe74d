using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>Studies of one report type, at least one, with the model's results. Each is scored with the reports of all.</summary>
internal sealed record StudyGroup(int Type, string TypeName, IReadOnlyList<ReadStudy> Studies);

/// <summary>A study with its encoded report, the phrases that can be grounded, and the model's results, with prompt scores of one task.</summary>
internal sealed record ReadStudy(Study Study, EncodedText Report, IReadOnlyList<Phrase> Phrases, ImageReading Reading)
{
    /// <summary>Names of its findings; <see cref="PromptSets.Normal"/> without findings.</summary>
    public IReadOnlyList<string> Findings => Study.Findings is [] ? [PromptSets.Normal] : [.. Study.Findings.Select(f => f.Name)];
}
