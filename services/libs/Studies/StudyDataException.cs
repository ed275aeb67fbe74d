using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set that cannot be used: missing, with labels unknown to the bundle, or without a complete record.</summary>
public sealed class StudyDataException(string reason) : InvalidInputException(reason);
