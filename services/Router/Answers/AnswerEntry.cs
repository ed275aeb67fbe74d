using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Entries;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>The cache entry of an expert's answer.</summary>
internal static class AnswerEntry
{
    public static EntryKind<LocalizeResponse> Kind { get; } = MessageEntry.Of(
        "answer", LocalizeResponse.Parser, answer => answer.ImageEmbedding is not null && answer.Model is not null,
        answer => [answer.ImageEmbedding, answer.LocalFeatures, .. answer.Texts.Select(text => text.Attention)]);

    public static string Key(string pyramid, ModelInfo expert, IEnumerable<string> texts, AnswerShape shape) =>
        EntryKey.Of([pyramid, EntryKey.Of(expert), shape.ToString(), .. texts]);
}
