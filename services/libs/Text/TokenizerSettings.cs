namespace MedMoE.Mesh.Text;

/// <summary>The settings, besides the vocabulary, that determine the ids of a text. The defaults are Hugging Face's for BERT.</summary>
internal sealed record TokenizerSettings
{
    public bool LowerCase { get; init; } = true;

    /// <summary>Whether a file sets <see cref="LowerCase"/>.</summary>
    public bool CaseIsGiven { get; init; }

    /// <summary>Null: the same as <see cref="LowerCase"/>.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether each CJK ideograph is a word of its own.</summary>
    public bool SplitIdeographs { get; init; } = true;

    public SpecialTokens Special { get; init; } = new();

    /// <summary>Tokens that are matched in the original text. Those missing from the vocabulary are numbered in this order.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [.. new SpecialTokens().All.Select(s => new AddedToken(s, null))];
}

/// <summary>The special tokens that BERT needs.</summary>
internal sealed record SpecialTokens(
    string Unknown = "[UNK]", string Separator = "[SEP]", string Padding = "[PAD]", string Start = "[CLS]", string Mask = "[MASK]")
{
    public IReadOnlyList<string> All => [Unknown, Separator, Padding, Start, Mask];
}

/// <summary>A token that is matched in the original text, with its number if a file gives one.</summary>
internal sealed record AddedToken(string Content, int? Id);
