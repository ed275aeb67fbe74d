using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.Calls;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>Analyze as a model: the whole chain, or one expert with the networks before it.</summary>
internal sealed class AnalysisModel(Analyze analyze, RouterGate gate, string? expert = null)
    : InferenceModel(
        expert is null ? ModelNames.Whole : ModelNames.Expert(expert),
        [.. ImageInputs.Of(gate.Manifest), new TensorSpec(InferBatch.ReportInput, ElementType.Bytes, 1) { IsOptional = true }],
        [
            new TensorSpec(ImageEmbedding, ElementType.Fp32, gate.Manifest.EmbeddingDim),
            .. GateOutputs.Of(gate.Manifest),
            new TensorSpec(GlobalSimilarity, ElementType.Fp32, 1),
            new TensorSpec(LocalSimilarity, ElementType.Fp32, 1),
        ])
{
    private const string ImageEmbedding = "IMAGE_EMBEDDING";
    private const string GlobalSimilarity = "GLOBAL_SIMILARITY";
    private const string LocalSimilarity = "LOCAL_SIMILARITY";

    public override IReadOnlyList<MeshService> Services => expert is null
        ? [MeshService.Backbone, MeshService.TextEncoder]
        : [MeshService.Backbone, MeshService.TextEncoder, MeshService.ExpertNamed(expert)];

    public override IReadOnlyList<ModelEnsembling.Types.Step> Steps => expert is not null ? [] :
    [
        Step(ModelNames.TextEncoder, [(InferBatch.TextInput, InferBatch.ReportInput)], [(TextEncoderModel.Sentence, "sentence")]),
        Step(ModelNames.Backbone, [(InferBatch.ImageInput, InferBatch.ImageInput)], [(BackboneModel.Pooled, "pooled")]),
        Step(
            ModelNames.Gate, [(InferBatch.TextInput, InferBatch.ReportInput)],
            [(GateOutputs.Expert, GateOutputs.Expert), (GateOutputs.Probabilities, GateOutputs.Probabilities)]),
        .. gate.Manifest.Experts.Select(entry => Step(
            ModelNames.Expert(entry.Name),
            [(InferBatch.ImageInput, InferBatch.ImageInput), (InferBatch.ReportInput, InferBatch.ReportInput)],
            [(ImageEmbedding, ImageEmbedding), (GlobalSimilarity, GlobalSimilarity), (LocalSimilarity, LocalSimilarity)])),
    ];

    public override bool TakesGating => expert is null;

    public override Task<ItemAnswer[]> Run(InferBatch batch, CancellationToken cancellation)
    {
        var gating = expert is null ? batch.Gating : new V1.Gating { Policy = GatingPolicy.Explicit, Expert = expert };
        AnalyzeRequest[] requests =
        [
            .. batch.Images().Zip(
                batch.Texts(InferBatch.ReportInput), (image, report) => new AnalyzeRequest { Image = image, Report = report, Gating = gating }),
        ];
        return Named(batch, item: null, () =>
        {
            Array.ForEach(requests, request => gate.Resolve(request.Gating, request.Report.Length > 0, out _));
            return Each(batch, async (i, stop) => AnswerOf(await analyze.Run(requests[i], stop), requests[i].Report.Length > 0), cancellation);
        });
    }

    private ItemAnswer AnswerOf(AnalyzeResponse response, bool hasReport)
    {
        var grounding = response.Report?.Grounding;
        var outputs = new Dictionary<string, Cell>
        {
            [ImageEmbedding] = Cell.Of(response.ImageEmbedding),
            // Not left out: clients read the raw outputs by their places.
            [GlobalSimilarity] = Cell.Of(grounding?.GlobalSimilarity ?? float.NaN),
            [LocalSimilarity] = Cell.Of(grounding?.LocalSimilarity ?? float.NaN),
        };
        GateOutputs.AddTo(outputs, response.Gate, gate.Manifest);
        Stage[] stages =
        [
            .. hasReport ? [new Stage(ModelNames.TextEncoder, response.TextTiming)] : Array.Empty<Stage>(),
            new Stage(ModelNames.Backbone, response.BackboneTiming),
            .. expert is null ? [GateModel.Stage()] : Array.Empty<Stage>(),
            new Stage(ModelNames.Expert(response.Gate.Expert), response.ExpertTiming),
        ];
        return new ItemAnswer(outputs, response.Model, stages, response.Notes);
    }

    private static ModelEnsembling.Types.Step Step(string model, (string Input, string From)[] inputs, (string Output, string To)[] outputs) => new()
    {
        ModelName = model,
        ModelVersion = -1,
        InputMap = { inputs.ToDictionary(map => map.Input, map => map.From) },
        OutputMap = { outputs.ToDictionary(map => map.Output, map => map.To) },
    };
}
