using System.Text.Json;
using MedMoE.Mesh.Evaluation.Reading;

namespace MedMoE.Mesh.Trainer.Ablation;

/// <summary>The scores of one model, each in 0..1.</summary>
/// <param name="ZeroShot">Zero-shot accuracy of findings.</param>
/// <param name="RecallAt1">Mean of both directions, within a type.</param>
/// <param name="RecallAt5">Mean of both directions, within a type.</param>
/// <param name="PointingGame">Share of phrases whose attention map peaks inside their finding.</param>
/// <param name="Iou">IoU of phrases' maps and masks, at the best threshold.</param>
internal sealed record Score(double ZeroShot, double RecallAt1, double RecallAt5, double PointingGame, double Iou)
{
    private const string Remedy = "delete the file to compute it again";

    private static readonly JsonSerializerOptions _json = new() { RespectRequiredConstructorParameters = true };

    /// <exception cref="InvalidEvaluationException">The file cannot be read or is not a score.</exception>
    public static Score Read(string file)
    {
        try
        {
            return JsonFile.ReadObject(file).Deserialize<Score>(_json)!;
        }
        catch (BundleException e)
        {
            throw new InvalidEvaluationException($"{e.Message}; {Remedy}");
        }
        catch (JsonException e)
        {
            throw new InvalidEvaluationException($"{file}: not a score of this command: {JsonFault.Of(e)}; {Remedy}");
        }
    }

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this));
}
