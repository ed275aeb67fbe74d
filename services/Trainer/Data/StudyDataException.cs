using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Trainer.Data;

/// <summary>A data set that cannot be used: it is not there, has labels that the bundle does not know, or no record that is whole.</summary>
internal sealed class StudyDataException(string reason) : InvalidInputException(reason);
