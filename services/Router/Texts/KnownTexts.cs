namespace MedMoE.Mesh.Router.Texts;

/// <summary>A text of a request, and the field that holds it: "phrases[2]".</summary>
internal sealed record NamedText(string Text, string Field);

/// <summary>An encoded text and its cache key. <c>Word.text</c> is cleared, because reports are patient data.</summary>
internal sealed record KnownText(string Key, EncodedText Encoded);

internal sealed record KnownTexts(IReadOnlyList<KnownText> Texts, ModelInfo Model, Timing? Timing);
