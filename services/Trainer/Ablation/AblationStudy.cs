using MedMoE.Mesh.Evaluation;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Evaluation.Tasks;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Training;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Ablation;

/// <summary>Trains each variant with several seeds and evaluates it on unseen data, unless it already has a score.</summary>
internal sealed class AblationStudy(ModelBundle template, string data, string test, string folder, TrainOptions options)
{
    /// <exception cref="BundleException">The template is not of architecture paper.</exception>
    /// <exception cref="InvalidEvaluationException">The test data lack findings, prompts or masks.</exception>
    public IReadOnlyList<(Variant Variant, IReadOnlyList<Score> Scores)> Run(IReadOnlyList<int> seeds, CancellationToken stop)
    {
        if (template.Manifest.Architecture != Architecture.Paper)
        {
            throw new BundleException(template.Root, "an ablation needs a bundle of architecture paper");
        }
        // Check the test data now, not after the first variant has been trained.
        var prompts = PromptSets.Read(PromptSets.BesideData(test) ?? Path.Combine(test, PromptSets.FileNames[0]), template.Manifest);
        if (!OpenTest(template.Manifest).ReadAll().Any(study => study.Findings.Count > 0))
        {
            throw new InvalidEvaluationException($"{test}: no study has findings with their positions");
        }
        return [.. Variant.All.Select(variant => (variant, (IReadOnlyList<Score>)[.. seeds.Select(seed => ScoreOf(variant, seed, prompts, stop))]))];
    }

    private string PathOf(string variant, int seed, string kind) => Path.Combine(folder, $"{variant}-{seed}{kind}");

    private Score ScoreOf(Variant variant, int seed, PromptSets prompts, CancellationToken stop)
    {
        var file = PathOf(variant.Name, seed, ".json");
        if (File.Exists(file))
        {
            return Score.Read(file);
        }
        var trained = PathOf(variant.TrainedAs, seed, "");
        if (variant.IsTrained)
        {
            Train(variant, seed, trained, stop);
        }
        var score = Evaluate(variant, ModelBundle.Open(trained), prompts);
        score.Write(file);
        Console.Error.WriteLine(FormattableString.Invariant($"{variant.Name}, seed {seed}: {score}"));
        return score;
    }

    private void Train(Variant variant, int seed, string trained, CancellationToken stop)
    {
        var start = PathOf(variant.Name, seed, ".start");
        if (!Directory.Exists(start))
        {
            BundleCreation.Run(new CreationRequest(
                template.PathOf(BundlePart.Backbone, "config.json"), template.PathOf(BundlePart.Text, "config.json"),
                File.ReadAllLines(template.PathOf(BundlePart.Text, "vocab.txt")), start, _ => ManifestOf(variant), seed));
        }
        var own = options with { Routing = variant.Routing, FirstLevel = variant.FirstLevel, Seed = seed };
        var source = ModelBundle.Open(start);
        using var networks = new TrainedNetworks(source, source.Manifest, CPU);
        var batches = StudyBatches.Open(data, null, networks.Manifest, networks.Text.Tokenizer, own, TrainingProgress.Say);
        using var run = new TrainingRun(networks, batches, own, new TrainingOutput(trained, trained + ".training", ScalarType.Float32));
        if (File.Exists(Path.Combine(trained + ".training", "checkpoint.safetensors")))
        {
            run.Resume();
        }
        Console.Error.WriteLine($"{variant.Name}, seed {seed}");
        run.Stepped += new TrainingProgress(own, run.State.Step, validates: false).Show;
        var outcome = run.Run(stop);
        batches.End();
        if (outcome == Outcome.Interrupted)
        {
            throw new OperationCanceledException();
        }
    }

    private Score Evaluate(Variant variant, ModelBundle bundle, PromptSets prompts)
    {
        var expert = variant.Expert ?? new ExpertChoice(ExpertPolicy.Named, bundle.Manifest.Experts[0].Name);
        using var reader = new StudyReader(bundle, new TorchOptions(), expert, variant.FirstLevel);
        var result = new Evaluator(reader, prompts, candidates: 25).Run(OpenTest(bundle.Manifest).Read(order: null));
        return (result.Of<ZeroShotResult>(), result.Of<RetrievalResult>(), result.Of<GroundingResult>())
            is ({ } zeroShot, { } retrieval, { } grounding)
            ? new Score(zeroShot.Accuracy, retrieval.RecallAt1, retrieval.RecallAt5, grounding.PointingGame, grounding.Iou)
            : throw new InvalidEvaluationException($"{test}: {string.Join("; ", result.Notes)}");
    }

    private StudySource OpenTest(BundleManifest manifest) => StudySource.Open(test, manifest.Experts);

    /// <summary>The template's manifest; a shared expert gets as many parameters as all experts of the template together.</summary>
    private BundleManifest ManifestOf(Variant variant)
    {
        var manifest = template.Manifest;
        if (variant.Routing != ExpertRouting.Shared)
        {
            return manifest;
        }
        var swin = SwinConfig.Read(template.PathOf(BundlePart.Backbone, "config.json"));
        long Parameters(int bottleneck)
        {
            using var expert = new ModalityExpert(ExpertShape.Of(manifest with { Expert = new ExpertSettings(bottleneck) }, swin));
            return expert.parameters().Sum(p => p.numel());
        }
        // Parameters grow linearly with the bottleneck.
        var (one, perChannel) = (Parameters(1), Parameters(2) - Parameters(1));
        var all = manifest.Experts.Count * Parameters(manifest.Expert!.Bottleneck);
        return manifest with { Expert = new ExpertSettings((int)Math.Ceiling(1 + ((all - one) / (double)perChannel))) };
    }
}
