namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The models' names.</summary>
internal static class ModelNames
{
    public const string Whole = "medmoe";
    public const string Backbone = "backbone";
    public const string TextEncoder = "text_encoder";
    public const string Gate = "gate";

    public static string Expert(string expert) => $"expert_{expert}";
}
