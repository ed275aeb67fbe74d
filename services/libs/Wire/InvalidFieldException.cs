using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Wire;

/// <summary>A field of a message that cannot be used.</summary>
/// <param name="field">Its name in the message, with the names above it: <c>image.pixels</c>.</param>
/// <param name="reason">What is wrong with it.</param>
public sealed class InvalidFieldException(string field, string reason) : InvalidInputException($"{field}: {reason}")
{
    /// <summary>Its name in the message.</summary>
    public string Field { get; } = field;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
