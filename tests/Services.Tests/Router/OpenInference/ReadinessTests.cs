using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Serving.Errors;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

public sealed class ReadinessTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Fact]
    public async Task ModelReady_AnExpertIsAway_ItIsNotReadyAndTheOthersAre()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(mesh.Gateway.Channel);
        async Task<bool> IsReady(string model) =>
            (await client.ModelReadyAsync(new ModelReadyRequest { Name = model, Version = "1" }, deadline: Deadline)).Ready;
        Assert.True((await client.ServerLiveAsync(new ServerLiveRequest(), deadline: Deadline)).Live);
        Assert.True((await client.ServerReadyAsync(new ServerReadyRequest(), deadline: Deadline)).Ready);
        Assert.True(await IsReady("expert_ct"));

        await mesh.Experts["ct"].Stop();

        Assert.False(await IsReady("expert_ct"));
        Assert.True(await IsReady("expert_mri") && await IsReady("medmoe") && await IsReady("gate"));
        Assert.True((await client.ServerReadyAsync(new ServerReadyRequest(), deadline: Deadline)).Ready);
        var index = (await client.RepositoryIndexAsync(new RepositoryIndexRequest(), deadline: Deadline)).Models;
        Assert.Equal(8, index.Count);
        var away = Assert.Single(index, model => model.State != "READY");
        Assert.Equal(("expert_ct", "1", "UNAVAILABLE", "expert ct: no replica can be reached"), (away.Name, away.Version, away.State, away.Reason));
        var ready = (await client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true }, deadline: Deadline)).Models;
        Assert.Equal(index.Where(model => model != away), ready);

        await mesh.Backbone.Stop();

        Assert.False(await IsReady("medmoe") || await IsReady("backbone") || await IsReady("expert_mri"));
        Assert.False((await client.ServerReadyAsync(new ServerReadyRequest(), deadline: Deadline)).Ready);
        Assert.True(await IsReady("text_encoder"));
    }

    [Fact]
    public async Task ModelMetadata_EveryModel_NamesTheBundleAndItsParts()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(mesh.Gateway.Channel);
        var bundle = mesh.Files.Open();

        var metadata = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "expert_ct" }, deadline: Deadline);

        Assert.Equal(["1"], metadata.Versions);
        Assert.Equal(["IMAGE", "PIXELS", "REPORT"], metadata.Inputs.Select(input => input.Name));
        Assert.Equal((bundle.Manifest.Name, bundle.Manifest.Version), (metadata.Properties["bundle"], metadata.Properties["bundle_version"]));
        Assert.Equal(bundle.Digest(Bundle.BundlePart.Expert("ct")), metadata.Properties["digest_experts/ct"]);
        Assert.Equal(bundle.Digest(Bundle.BundlePart.Backbone), metadata.Properties["digest_backbone"]);
        var backbone = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "backbone" }, deadline: Deadline);
        Assert.Equal([(-1, 128), (-1, 16), (-1, 32), (-1, 64), (-1, 128)], backbone.Outputs.Select(o => ((int)o.Shape[0], (int)o.Shape[^1])));
        Assert.Equal(["FP32", "FP16", "FP16", "FP16", "FP16"], backbone.Outputs.Select(o => o.Datatype));
    }

    [Fact]
    public async Task Descriptions_OfWhatIsNotThere_AreRefused()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(mesh.Gateway.Channel);
        async Task AssertNotFound<T>(AsyncUnaryCall<T> call) =>
            Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);

        await AssertNotFound(client.ModelReadyAsync(new ModelReadyRequest { Name = "expert_dental" }, deadline: Deadline));
        await AssertNotFound(client.ModelMetadataAsync(new ModelMetadataRequest { Name = "medmoe", Version = "2" }, deadline: Deadline));
        await AssertNotFound(client.ModelConfigAsync(new ModelConfigRequest(), deadline: Deadline));
        await AssertNotFound(client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "none" }, deadline: Deadline));
        var refused = await Assert.ThrowsAsync<RpcException>(
            () => client.RepositoryIndexAsync(new RepositoryIndexRequest { RepositoryName = "other" }, deadline: Deadline).ResponseAsync);
        Assert.Equal((StatusCode.InvalidArgument, "repository_name"), (refused.StatusCode, refused.FieldFault()!.Field));
    }
}
