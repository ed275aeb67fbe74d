using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.Text;

/// <summary>
/// Hugging Face's <c>BertNormalizer</c>, a character at a time: cleaning, ideographs apart, accents stripped, the case lowered, in this order.
/// Which characters are letters, marks or punctuation is as .NET's Unicode has it; tests/golden/README.md lists where the reference's differs.
/// </summary>
internal sealed class BertNormalizer(TokenizerSettings settings)
{
    private readonly bool _stripAccents = settings.StripAccents ?? settings.LowerCase;

    /// <summary>What is left of a character that is neither dropped nor white space: nothing of an accent.</summary>
    public IEnumerable<Rune> Normalise(Rune rune)
    {
        if (rune.IsAscii)
        {
            return [settings.LowerCase ? Rune.ToLowerInvariant(rune) : rune];
        }
        var stripped = _stripAccents
            ? Decompose(rune.ToString()).EnumerateRunes().Where(r => Rune.GetUnicodeCategory(r) != UnicodeCategory.NonSpacingMark)
            : [rune];
        return settings.LowerCase ? stripped.SelectMany(Lower) : stripped;
    }

    /// <summary>
    /// Puts a word's characters into the order that decomposing the whole text would: marks that take room are not stripped, and two of them
    /// may change places.
    /// </summary>
    public string Order(string word) => _stripAccents && !Ascii.IsValid(word) ? Decompose(word) : word;

    /// <summary>Whether the character is a word of its own, whatever stands around it.</summary>
    public bool StandsAlone(Rune rune) => settings.SplitIdeographs && IsIdeograph(rune);

    /// <summary>
    /// Whether a character goes on with a word for certain, however it is normalised: a letter, digit or mark never becomes white space or
    /// punctuation. Symbols may: "≠" becomes "=".
    /// </summary>
    public bool IsInsideWords(Rune rune) => (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark) && !StandsAlone(rune);

    public static bool IsWhiteSpace(Rune rune) =>
        rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    public static bool IsDropped(Rune rune) =>
        rune.Value is 0 or 0xFFFD || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>Unicode's punctuation and every ASCII character that is no letter, digit or space, as in BERT.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(rune);

    /// <summary>The full lower case: all characters have one of one character but İ, which keeps its dot as an accent.</summary>
    private static IEnumerable<Rune> Lower(Rune rune) => rune.Value == 0x130 ? [new Rune('i'), new Rune(0x307)] : [Rune.ToLowerInvariant(rune)];

    /// <summary>U+FFFE, which stands for nothing and has no decomposition, is the one character that .NET refuses to normalise.</summary>
    private static string Decompose(string text) => text.Contains('\uFFFE')
        ? string.Join('\uFFFE', text.Split('\uFFFE').Select(t => t.Normalize(NormalizationForm.FormD)))
        : text.Normalize(NormalizationForm.FormD);

    /// <summary>
    /// The CJK ideographs, each a word of its own in BERT; not kana or hangul. Extension E begins at U+2B820, but for Hugging Face at U+2B920.
    /// </summary>
    private static bool IsIdeograph(Rune rune) => rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
