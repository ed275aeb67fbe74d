using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Expert;

/// <summary>What a call has made so far. Belongs to the model's thread; everything else only passes it on.</summary>
internal sealed class ExpertState
{
    public LevelFeatures?[] Levels { get; } = new LevelFeatures?[PyramidBackbone.Levels];

    public bool IsComplete => !Levels.Contains(null);
}

/// <summary>One thing for the model's thread to do for a call. A call's steps run in the order they were submitted.</summary>
internal abstract record ExpertStep(ExpertState State);

/// <summary>Project a level.</summary>
/// <param name="State">The call's.</param>
/// <param name="Level">0 the finest.</param>
/// <param name="Features">[side, side, channels], checked.</param>
/// <param name="FinestSide">Positions on a side of level 0.</param>
internal sealed record ProjectLevel(ExpertState State, int Level, WireTensor Features, long FinestSide) : ExpertStep(State);

/// <summary>Fuse the levels and ground the texts in them. The one step with an answer.</summary>
/// <param name="State">The call's.</param>
/// <param name="Texts">What to ground.</param>
/// <param name="Header">What to return.</param>
/// <param name="DataType">Element type of what is large.</param>
internal sealed record GroundTexts(ExpertState State, EncodedQueries Texts, LocalizeHeader Header, DataType DataType) : ExpertStep(State);

/// <summary>Free what the call has made; always the last step, whether or not the others ran.</summary>
internal sealed record EndCall(ExpertState State) : ExpertStep(State);

/// <summary>The texts of a call, as numbers.</summary>
/// <param name="Words">Word embeddings, one text after the other, [words, D].</param>
/// <param name="Counts">Words of each text.</param>
/// <param name="Sentences">Sentence embeddings, [texts, D].</param>
internal sealed record EncodedQueries(float[] Words, IReadOnlyList<int> Counts, float[] Sentences);
