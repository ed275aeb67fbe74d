using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Evaluation;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Evaluation.Tasks;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Phantoms;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Trainer.Tests.Demo;

/// <summary>The demo bundle, compared with the README's claims.</summary>
public sealed class DemoBundleTests
{
    private const long MB = 1_000_000;

    private static readonly string _folder = Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo");

    [Fact]
    public void Demo_Bundle_IsWholeAndSmall()
    {
        Assert.Empty(BundleInspection.Of(_folder).Faults);
        Assert.True(new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) <= 12 * MB);
    }

    [Fact]
    public void Demo_StudiesOfASeedUnseen_AreReadAsTheReadmeSays()
    {
        using var data = new TemporaryFolder();
        PhantomSet.Make(new PhantomRequest(data["studies"], Count: 400, Seed: 11, StudyType.All), _ => { }, CancellationToken.None);
        var bundle = ModelBundle.Open(_folder);
        using var reader = new StudyReader(bundle, new TorchOptions(), ExpertChoice.Auto);
        var prompts = PromptSets.Read(data["studies", PromptSets.FileNames[0]], bundle.Manifest);

        var result = new Evaluator(reader, prompts, candidates: 25)
            .Run(StudySource.Open(data["studies"], bundle.Manifest.Experts).Read(order: null));

        Assert.InRange(result.Of<GateResult>()!.Report, 0.99, 1);
        Assert.InRange(result.Of<GateResult>()!.Image, 0.99, 1);
        // Guessing would give 0.19, 0.2 and 0.08.
        Assert.InRange(result.Of<ZeroShotResult>()!.Accuracy, 0.8, 1);
        Assert.InRange(result.Of<RetrievalResult>()!.RecallAt5, 0.8, 1);
        Assert.InRange(result.Of<GroundingResult>()!.PointingGame, 0.8, 1);
    }
}
