namespace MedMoE.Mesh.Bundle;

/// <summary>Formats shapes for messages: <c>[768, 3, 4, 4]</c>.</summary>
public static class Shapes
{
    public static string Text(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
