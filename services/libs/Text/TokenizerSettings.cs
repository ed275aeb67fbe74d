namespace MedMoE.Mesh.Text;

/// <summary>What decides, besides the wordpieces, which ids a text has. The defaults are Hugging Face's for BERT.</summary>
internal sealed record TokenizerSettings
{
    public bool LowerCase { get; init; } = true;

    /// <summary>Whether a file says so of <see cref="LowerCase"/>, or it is the default.</summary>
    public bool CaseIsGiven { get; init; }

    /// <summary>Null: where the case is lowered.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether each CJK ideograph is a word of its own.</summary>
    public bool SplitIdeographs { get; init; } = true;

    public SpecialTokens Special { get; init; } = new();

    /// <summary>Tokens that are found in a text as it stands, in the order that numbers those which the vocabulary lacks.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [.. new SpecialTokens().All.Select(s => new AddedToken(s, null))];
}

/// <summary>Names of the tokens that BERT itself needs.</summary>
internal sealed record SpecialTokens(
    string Unknown = "[UNK]", string Separator = "[SEP]", string Padding = "[PAD]", string Start = "[CLS]", string Mask = "[MASK]")
{
    public IReadOnlyList<string> All => [Unknown, Separator, Padding, Start, Mask];
}

/// <summary>A token that is found in a text before anything else is done to it.</summary>
/// <param name="Content">As it stands in a text.</param>
/// <param name="Id">The number that its file gives it, if one does.</param>
internal sealed record AddedToken(string Content, int? Id);
