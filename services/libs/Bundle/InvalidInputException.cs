namespace MedMoE.Mesh.Bundle;

/// <summary>
/// What a caller handed in cannot be used. The message is one line for that caller, names what is wrong, and repeats neither image nor report.
/// </summary>
public abstract class InvalidInputException(string reason) : Exception(reason);
