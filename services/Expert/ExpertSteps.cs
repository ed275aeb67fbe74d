using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.ModelServing;

namespace MedMoE.Mesh.Expert;

/// <summary>A call's network, and its levels so far. Only the model's thread may read or change these; other code just passes them on.</summary>
internal sealed class ExpertState(HeldNetwork<ModalityExpert> network)
{
    public Generation<ModalityExpert> Network => network.Generation;

    public LevelFeatures?[] Levels { get; } = new LevelFeatures?[PyramidBackbone.Levels];

    public bool IsComplete => !Levels.Contains(null);

    /// <summary>The call has ended.</summary>
    public void Release() => network.Dispose();
}

/// <summary>One step of a call for the model's thread. A call's steps run in the order they were submitted.</summary>
internal abstract record ExpertStep(ExpertState State);

/// <summary>Project a level, 0 the finest. Features are [side, side, channels], and have been checked.</summary>
internal sealed record ProjectLevel(ExpertState State, int Level, WireTensor Features) : ExpertStep(State);

/// <summary>Fuse the levels and ground the texts in them. The one step with an answer.</summary>
internal sealed record GroundTexts(ExpertState State, EncodedQueries Texts, AnswerParts Parts) : ExpertStep(State);

/// <summary>The optional parts of an answer.</summary>
internal sealed record AnswerParts(bool Attention = false, bool LocalFeatures = false, DataType DataType = DataType.Fp32);

/// <summary>Free the call's tensors. Posted when the call has ended, so that none of its other steps will run.</summary>
internal sealed record EndCall(ExpertState State) : ExpertStep(State);
