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
internal sealed record ProjectLevel(ExpertState State, int Level, WireTensor Features) : ExpertStep(State);

/// <summary>Fuse the levels and ground the texts in them. The one step with an answer.</summary>
/// <param name="State">The call's.</param>
/// <param name="Texts">What to ground.</param>
/// <param name="Parts">What to return.</param>
internal sealed record GroundTexts(ExpertState State, EncodedQueries Texts, AnswerParts Parts) : ExpertStep(State);

/// <summary>What an answer holds besides similarities and the embedding.</summary>
/// <param name="Attention">Whether it has every word's attention.</param>
/// <param name="LocalFeatures">Whether it has the local features.</param>
/// <param name="DataType">Element type of both.</param>
internal sealed record AnswerParts(bool Attention = false, bool LocalFeatures = false, DataType DataType = DataType.Fp32);

/// <summary>Free what the call has made. Posted when the call has ended: none of its other steps will run.</summary>
internal sealed record EndCall(ExpertState State) : ExpertStep(State);
