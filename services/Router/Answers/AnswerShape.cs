using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>What an expert's answer is to hold besides the similarities.</summary>
/// <param name="Attention">The attention of every word.</param>
/// <param name="LocalFeatures">The dense local features.</param>
/// <param name="Type">Element type of both.</param>
internal sealed record AnswerShape(bool Attention = false, bool LocalFeatures = false, DataType Type = DataType.Fp32);
