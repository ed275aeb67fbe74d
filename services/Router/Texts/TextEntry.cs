using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Entries;

namespace MedMoE.Mesh.Router.Texts;

/// <summary>The cache entry of an encoded text. It does not contain the text itself.</summary>
internal static class TextEntry
{
    public static EntryKind<EncodedText> Kind { get; } = MessageEntry.Of(
        "text", EncodedText.Parser, text => text.Sentence is not null && text.WordEmbeddings is not null,
        text => [text.Sentence, text.WordEmbeddings]);

    public static string Key(string text, ModelInfo model) => EntryKey.Of(text, EntryKey.Of(model));
}
