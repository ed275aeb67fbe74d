using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set that cannot be used: it is not there, has labels that the bundle does not know, or no record that is whole.</summary>
public sealed class StudyDataException(string reason) : InvalidInputException(reason);
