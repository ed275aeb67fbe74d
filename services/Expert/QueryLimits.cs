using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>Limits on the texts of a call. Every word has a value at every position of the finest grid.</summary>
internal sealed class QueryLimits
{
    // Bytes per word and position during the computation: scores, attention and maps of four levels, measured.
    private const int AttentionBytes = 64;

    private readonly ExpertOptions _options;
    private readonly long _positions;

    public QueryLimits(ExpertOptions options, int embeddingDim, long positions, int maxTokens)
    {
        _options = options;
        _positions = positions;
        EmbeddingDim = embeddingDim;
        // A text of the bundle's maximum length always fits.
        WordsAtOnce = (int)Math.Max(maxTokens, options.MaxAttentionBytes / (positions * AttentionBytes));
    }

    public int EmbeddingDim { get; }

    /// <summary>Words whose attention is computed in one run.</summary>
    public int WordsAtOnce { get; }

    /// <exception cref="InvalidFieldException">The text has no words, or more than one run can compute.</exception>
    public void RequireWords(int words, string field)
    {
        if (words == 0)
        {
            throw new InvalidFieldException(field, "has no words");
        }
        if (words > WordsAtOnce)
        {
            throw new InvalidFieldException(field, $"has {words} words, over the limit of {WordsAtOnce} (Expert:MaxAttentionBytes)");
        }
    }

    /// <exception cref="InvalidFieldException">All texts together have too many words, or the answer is too large.</exception>
    public void RequireAnswer(int words, LocalizeHeader header)
    {
        if (words > _options.MaxWords)
        {
            throw new InvalidFieldException("header.texts", $"have {words} words, over the limit of {_options.MaxWords}");
        }
        var values = _positions * ((header.ReturnAttention ? words : 0) + (header.ReturnLocalFeatures ? EmbeddingDim : 0));
        var bytes = values * WireTensors.ElementSize(WireTensors.Require(header.DataType, "header.data_type", absent: DataType.Fp32));
        if (bytes > _options.MaxAnswerBytes)
        {
            throw new InvalidFieldException(
                "header",
                $"asks for attention and local features of {bytes} bytes, over the limit of {_options.MaxAnswerBytes} (Expert:MaxAnswerBytes)");
        }
    }
}
