namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>A caller's words in messages.</summary>
internal static class Quoted
{
    // No name of a model or tensor is longer.
    private const int Longest = 80;

    public static string Of(string text) => $"\"{(text.Length <= Longest ? text : text[..Longest] + "…")}\"";
}
