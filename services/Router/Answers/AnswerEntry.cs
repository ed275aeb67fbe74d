using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Entries;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>An expert's answer as the cache keeps it.</summary>
internal static class AnswerEntry
{
    public static EntryKind<LocalizeResponse> Kind { get; } = MessageEntry.Of(
        "answer", LocalizeResponse.Parser, answer => answer.ImageEmbedding is not null && answer.Model is not null,
        answer => [answer.ImageEmbedding, answer.LocalFeatures, .. answer.Texts.Select(text => text.Attention)]);

    /// <param name="pyramid">The pyramid's key.</param>
    /// <param name="expert">The expert's model.</param>
    /// <param name="texts">The keys of the texts, in order.</param>
    /// <param name="shape">What is to be returned.</param>
    public static string Key(string pyramid, ModelInfo expert, IEnumerable<string> texts, AnswerShape shape) =>
        EntryKey.Of([pyramid, EntryKey.Of(expert), shape.ToString(), .. texts]);
}
