using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Texts;

/// <summary>A text of a request.</summary>
/// <param name="Text">The text.</param>
/// <param name="Field">The field it stands in: "phrases[2]".</param>
internal sealed record NamedText(string Text, string Field);

/// <summary>An encoded text.</summary>
/// <param name="Key">What it is in the cache.</param>
/// <param name="Encoded">The text as the model reads it, its words without their letters.</param>
internal sealed record KnownText(string Key, EncodedText Encoded);

/// <summary>Encoded texts.</summary>
/// <param name="Texts">In the order they were asked for.</param>
/// <param name="Model">The text encoder's.</param>
/// <param name="Timing">What it took; null where all came from the cache.</param>
internal sealed record KnownTexts(IReadOnlyList<KnownText> Texts, ModelInfo Model, Timing? Timing);
