using System.Diagnostics;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Models;
using MedMoE.Mesh.Router.OpenInference.Statistics;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.OpenInference;

/// <summary>ModelInfer: reads a request, runs its model, and writes the answer, all outputs raw.</summary>
internal sealed class Infer(ModelList models, ServerStatistics statistics, IOptions<RouterOptions> router, IOptions<ServingOptions> serving)
{
    private const string Notes = "notes";

    public async Task<ModelInferResponse> Run(ModelInferRequest request, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var model = models.Find(request.ModelName, request.ModelVersion);
        try
        {
            var settings = InferSettings.Read(request.Parameters, model);
            if (settings.GivesWay)
            {
                CallerShare.GiveWay();
            }
            var wanted = OutputTensors.Wanted(request, model.Name, model.Outputs);
            var batch = new InferBatch(
                InputTensors.Read(request, model.Name, model.Inputs, router.Value.MaxBatchSize), wanted, settings.Gating);
            var read = Stopwatch.GetElapsedTime(started);
            var items = await InTime(model, batch, settings.Timeout, cancellation);
            var ran = Stopwatch.GetElapsedTime(started);
            var response = Answer(request, wanted, items);
            if (settings.MarksEnd)
            {
                response.Parameters.Add(InferSettings.FinalResponse, new InferParameter { BoolParam = true });
            }
            var total = Stopwatch.GetElapsedTime(started);
            statistics.Answered(model, new RequestTimes(total, read, total - ran, [.. items.Select(item => item.Stages)]));
            return response;
        }
        catch
        {
            statistics.Failed(model, Stopwatch.GetElapsedTime(started));
            throw;
        }
    }

    private static async Task<ItemAnswer[]> InTime(InferenceModel model, InferBatch batch, TimeSpan? timeout, CancellationToken cancellation)
    {
        if (timeout is not { } limit)
        {
            return await model.Run(batch, cancellation);
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        try
        {
            return await model.Run(batch, patience.Token);
        }
        catch (Exception) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {limit.TotalMicroseconds:F0} microseconds (parameters.timeout)");
        }
    }

    private ModelInferResponse Answer(ModelInferRequest request, IReadOnlyList<TensorSpec> wanted, ItemAnswer[] items)
    {
        Cell[] CellsOf(TensorSpec spec) => Array.ConvertAll(items, item => item.Outputs[spec.Name]);
        var size = wanted.Sum(spec => OutputTensors.SizeOf(spec, CellsOf(spec)));
        if (size > serving.Value.MaxMessageBytes)
        {
            throw new InvalidFieldException(
                "outputs",
                $"take {size} bytes, over the limit of {serving.Value.MaxMessageBytes} (Serving:MaxMessageBytes): send fewer items, "
                + "or name the outputs that are needed");
        }
        var response = new ModelInferResponse { ModelName = request.ModelName, ModelVersion = InferenceModel.Version, Id = request.Id };
        foreach (var spec in wanted)
        {
            OutputTensors.Add(response, spec, CellsOf(spec));
        }
        foreach (var (name, value) in models.Properties(items.Select(item => item.Model)))
        {
            response.Parameters.Add(name, new InferParameter { StringParam = value });
        }
        if (items.Index().SelectMany(item => item.Item.Notes.Select(note => $"{item.Index}: {note}")).ToArray() is { Length: > 0 } notes)
        {
            response.Parameters.Add(Notes, new InferParameter { StringParam = string.Join('\n', notes) });
        }
        return response;
    }
}
