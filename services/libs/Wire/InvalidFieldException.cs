namespace MedMoE.Mesh.Wire;

/// <summary>A field of a message is invalid. The field is named with its path: <c>image.pixels</c>.</summary>
public sealed class InvalidFieldException(string field, string reason) : InvalidInputException($"{field}: {reason}")
{
    public string Field { get; } = field;

    public string Reason { get; } = reason;
}
