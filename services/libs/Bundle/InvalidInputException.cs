namespace MedMoE.Mesh.Bundle;

/// <summary>The caller's input cannot be used. The message is one line for the caller and never repeats parts of an image or a report.</summary>
public abstract class InvalidInputException(string reason) : Exception(reason);
