using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.Text;

/// <summary>
/// Hugging Face's <c>BertNormalizer</c> for single characters, in this order: clean, separate ideographs, strip accents, lower-case. Character
/// classes are those of .NET's Unicode data; tests/golden/README.md lists the differences from the reference.
/// </summary>
internal sealed class BertNormalizer(TokenizerSettings settings)
{
    private readonly bool _stripAccents = settings.StripAccents ?? settings.LowerCase;

    public bool LowersCase => settings.LowerCase;

    /// <summary>The normalised form of a character that is neither dropped nor white space; empty for an accent.</summary>
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
    /// Brings a word's marks into the order of decomposing the whole text: spacing marks are not stripped, and two of them may swap.
    /// </summary>
    public string Order(string word) => _stripAccents && !Ascii.IsValid(word) ? Decompose(word) : word;

    /// <summary>Whether the character is always a word of its own.</summary>
    public bool StandsAlone(Rune rune) => settings.SplitIdeographs && IsIdeograph(rune);

    /// <summary>
    /// Whether a character always continues a word after normalisation: a letter, digit or mark never becomes white space or punctuation. Symbols
    /// may: "≠" becomes "=".
    /// </summary>
    public bool IsInsideWords(Rune rune) => (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark) && !StandsAlone(rune);

    public static bool IsWhiteSpace(Rune rune) =>
        rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    public static bool IsDropped(Rune rune) =>
        rune.Value is 0 or 0xFFFD || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>Unicode's punctuation and every ASCII character that is not a letter, digit or space, as in BERT.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(rune);

    /// <summary>Full lower-casing: every character maps to one character except İ, whose dot becomes an accent.</summary>
    private static IEnumerable<Rune> Lower(Rune rune) => rune.Value == 0x130 ? [new Rune('i'), new Rune(0x307)] : [Rune.ToLowerInvariant(rune)];

    /// <summary>.NET cannot normalise U+FFFE, which is not a character and has no decomposition.</summary>
    private static string Decompose(string text) => text.Contains('\uFFFE')
        ? string.Join('\uFFFE', text.Split('\uFFFE').Select(t => t.Normalize(NormalizationForm.FormD)))
        : text.Normalize(NormalizationForm.FormD);

    /// <summary>CJK ideographs, single words in BERT; not kana or hangul. Extension E starts at U+2B820, but in Hugging Face at U+2B920.</summary>
    private static bool IsIdeograph(Rune rune) => rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
