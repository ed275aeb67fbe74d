using MedMoE.Mesh.OpenInference;
using static MedMoE.Mesh.Services.Tests.Router.OpenInference.Tensors;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

/// <summary>What perf_analyzer asks, in its order, and what it reads of the answers.</summary>
public sealed class StatisticsTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task PerfAnalyzer_AWindowOfTheEnsemble_FindsTheTimeOfEachStage()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(mesh.Gateway.Channel);
        Assert.Contains("statistics", (await client.ServerMetadataAsync(new ServerMetadataRequest(), deadline: Deadline)).Extensions);
        var metadata = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "medmoe" }, deadline: Deadline);
        var config = (await client.ModelConfigAsync(new ModelConfigRequest { Name = "medmoe" }, deadline: Deadline)).Config;
        // The first dimension of the metadata is the batch, and the configuration has none.
        Assert.Equal(("ensemble", 16, true), (metadata.Platform, config.MaxBatchSize, config.ResponseCache.Enable));
        Assert.All(metadata.Inputs.Zip(config.Input), pair =>
        {
            Assert.Equal((pair.First.Name, -1L), (pair.Second.Name, pair.First.Shape[0]));
            Assert.Equal(pair.First.Shape.Skip(1), pair.Second.Dims);
        });
        Assert.Equal(metadata.Outputs.Select(o => o.Name), config.Output.Select(o => o.Name));
        string[] steps = [.. config.EnsembleScheduling.Step.Select(step => step.ModelName)];
        Assert.Equal(["text_encoder", "backbone", "gate", "expert_xray", "expert_ct", "expert_mri", "expert_ultrasound"], steps);
        foreach (var step in steps)
        {
            var own = (await client.ModelConfigAsync(new ModelConfigRequest { Name = step }, deadline: Deadline)).Config;
            Assert.Equal((step, ModelConfig.SchedulingChoiceOneofCase.DynamicBatching), (own.Name, own.SchedulingChoiceCase));
        }
        var before = await Read();

        ModelInferRequest[] requests = [Fresh(), Fresh()];
        foreach (var request in requests.Append(requests[0]))
        {
            await client.ModelInferAsync(request, deadline: Deadline);
        }

        var after = await Read();
        Assert.All(after, model => Assert.Equal(1, long.Parse(model.Value.Version, null)));
        InferStatistics Window(string model) => Difference(before[model].InferenceStats, after[model].InferenceStats);
        var whole = Window("medmoe");
        Assert.Equal((3UL, 3UL, 1UL, 2UL, 0UL), Counts(whole));
        Assert.Equal((2UL, 2UL), (whole.ComputeInput.Count, whole.ComputeInfer.Count));
        Assert.Equal(2UL, after["medmoe"].InferenceCount - before["medmoe"].InferenceCount);
        // What perf_analyzer prints as the server's overhead.
        Assert.True(whole.Success.Ns >= whole.Queue.Ns + whole.ComputeInput.Ns + whole.ComputeInfer.Ns + whole.ComputeOutput.Ns);
        Assert.True(whole.ComputeInfer.Ns > 0 && after["medmoe"].LastInference > before["medmoe"].LastInference);
        // One report for all three.
        Assert.Equal((3UL, 3UL, 2UL, 1UL, 0UL), Counts(Window("text_encoder")));
        Assert.Equal((3UL, 3UL, 1UL, 2UL, 0UL), Counts(Window("backbone")));
        Assert.True(Window("backbone").ComputeInfer.Ns > 0);
        Assert.Equal(2UL, after["backbone"].ExecutionCount - before["backbone"].ExecutionCount);
        var ran = Window("expert_ct");
        Assert.Equal((3UL, 3UL, 1UL, 2UL, 0UL), Counts(ran));
        Assert.Equal((0UL, 0UL, 0UL, 0UL, 0UL), Counts(Window("expert_mri")));

        async Task<Dictionary<string, ModelStatistics>> Read()
        {
            var read = new Dictionary<string, ModelStatistics>();
            foreach (var model in steps.Prepend("medmoe"))
            {
                var statistics = await client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = model }, deadline: Deadline);
                read.Add(model, Assert.Single(statistics.ModelStats));
            }
            return read;
        }
    }

    [Fact]
    public async Task Batch_OfFour_IsOneExecutionOfFour()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(mesh.Gateway.Channel);
        using var waiting = new MetricSums("medmoe.queue.length");
        var request = Request("backbone", Fp32("PIXELS", [.. Enumerable.Range(0, 4).SelectMany(_ => Pixels())], 4, 3, 224, 224));
        Task<ModelInferResponse> answer;
        await using (new HeldModel(mesh.Backbone))
        {
            answer = client.ModelInferAsync(request, deadline: Deadline).ResponseAsync;
            await waiting.Reached("backbone", 4, _patience);
        }

        var pooled = await answer;

        Assert.Equal([4, 128], pooled.Shape("POOLED"));
        var statistics = (await client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "backbone" }, deadline: Deadline)).ModelStats[0];
        Assert.Equal((4UL, 1UL), (statistics.InferenceCount, statistics.ExecutionCount));
        Assert.Equal((1UL, 1UL, 0UL, 1UL, 0UL), Counts(statistics.InferenceStats));
        Assert.True(statistics.InferenceStats.Queue.Ns > 0);
    }

    [Fact]
    public async Task Statistics_OfFailures_CountThem()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(mesh.Gateway.Channel);
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            () => client.ModelInferAsync(Request("medmoe", Bytes("IMAGE", [1, 2, 3])), deadline: Deadline).ResponseAsync);

        var all = (await client.ModelStatisticsAsync(new ModelStatisticsRequest(), deadline: Deadline)).ModelStats;

        Assert.Equal(
            ["medmoe", "backbone", "text_encoder", "gate", "expert_xray", "expert_ct", "expert_mri", "expert_ultrasound"], all.Select(m => m.Name));
        Assert.Equal((0UL, 0UL, 0UL, 0UL, 1UL), Counts(all[0].InferenceStats));
        Assert.All(all.Skip(1), model => Assert.Equal((0UL, 0UL, 0UL, 0UL, 0UL), Counts(model.InferenceStats)));
    }

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    private static ModelInferRequest Fresh()
    {
        var request = Request("medmoe", Fp32("PIXELS", Pixels(), 1, 3, 224, 224), Texts("REPORT", Samples.Reports[0]));
        request.Parameters.Add("expert", new InferParameter { StringParam = "ct" });
        return request;
    }

    private static float[] Pixels() => [.. Enumerable.Range(0, 3 * 224 * 224).Select(i => i < 512 ? Random.Shared.NextSingle() : 0)];

    private static (ulong Success, ulong Queue, ulong Hits, ulong Misses, ulong Failed) Counts(InferStatistics stats) =>
        (stats.Success.Count, stats.Queue.Count, stats.CacheHit.Count, stats.CacheMiss.Count, stats.Fail.Count);

    private static InferStatistics Difference(InferStatistics before, InferStatistics after)
    {
        static StatisticDuration Of(StatisticDuration a, StatisticDuration b) => new() { Count = b.Count - a.Count, Ns = b.Ns - a.Ns };
        return new InferStatistics
        {
            Success = Of(before.Success, after.Success),
            Fail = Of(before.Fail, after.Fail),
            Queue = Of(before.Queue, after.Queue),
            ComputeInput = Of(before.ComputeInput, after.ComputeInput),
            ComputeInfer = Of(before.ComputeInfer, after.ComputeInfer),
            ComputeOutput = Of(before.ComputeOutput, after.ComputeOutput),
            CacheHit = Of(before.CacheHit, after.CacheHit),
            CacheMiss = Of(before.CacheMiss, after.CacheMiss),
        };
    }
}
