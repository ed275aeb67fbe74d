namespace MedMoE.Mesh.Router.Answers;

/// <summary>The optional parts of an expert's answer.</summary>
internal sealed record AnswerShape(bool Attention = false, bool LocalFeatures = false, DataType Type = DataType.Fp32);
