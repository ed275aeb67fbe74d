using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using static MedMoE.Mesh.Services.Tests.Router.OpenInference.Tensors;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

public sealed class StreamTests(InferenceMesh mesh) : IClassFixture<InferenceMesh>
{
    [Fact]
    public async Task ModelStreamInfer_ManyModels_AnswersInOrderAndGoesOnAfterAnError()
    {
        // More than run at once.
        ModelInferRequest[] requests =
        [
            .. Enumerable.Range(0, 40).Select(i => (i % 4) switch
            {
                0 => Request("medmoe", Bytes("IMAGE", Samples.Bytes(Samples.Files[i / 4 % 2]))),
                1 => Request("text_encoder", Texts("TEXT", $"mass of {i} mm")),
                2 => Request("medmoe", Bytes("IMAGE", [1, 2, 3])),
                _ => Request("none"),
            }),
        ];
        foreach (var (i, request) in requests.Index())
        {
            request.Id = $"{i}";
        }
        requests[0].Parameters.Add("triton_enable_empty_final_response", new InferParameter { BoolParam = true });

        var answers = await Ask(requests);

        Assert.Equal(requests.Select(r => (r.Id, r.ModelName)), answers.Select(a => (a.InferResponse.Id, a.InferResponse.ModelName)));
        Assert.All(answers.Index(), answer => Assert.StartsWith(
            (answer.Index % 4) switch
            {
                2 => "InvalidArgument: IMAGE[0]: not an image",
                3 => "NotFound: \"none\" is not one of the models: ",
                _ => "",
            },
            answer.Item.ErrorMessage));
        Assert.All(answers.Index(), answer => Assert.Equal(answer.Index % 4 > 1, answer.Item.ErrorMessage.Length > 0));
        Assert.True(answers[0].InferResponse.Parameters["triton_final_response"].BoolParam);
        Assert.False(answers[4].InferResponse.Parameters.ContainsKey("triton_final_response"));
        Assert.Equal([1, 64], answers[1].InferResponse.Shape("SENTENCE"));
    }

    [Fact]
    public async Task ModelStreamInfer_WithStatusWanted_AnErrorEndsIt()
    {
        using var call = mesh.Client.ModelStreamInfer(new Metadata { { "triton_grpc_error", "true" } }, InferenceMesh.Deadline);
        await call.RequestStream.WriteAsync(Request("text_encoder", Texts("TEXT", "mass")), TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(Request("text_encoder", Texts("TEXT", " ")), TestContext.Current.CancellationToken);

        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var ended = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal((StatusCode.InvalidArgument, "TEXT[0]: no words in it"), (ended.StatusCode, ended.Status.Detail));
    }

    [Fact]
    public async Task ModelStreamInfer_RouterStops_AnswersWhatItHasRead()
    {
        await using var running = await RunningMesh.Start(new MeshPlan());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(running.Router.Channel);
        using var call = client.ModelStreamInfer(deadline: InferenceMesh.Deadline);
        await using var held = new HeldModel(running.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        for (var i = 0; i < 3; i++)
        {
            var request = Request("backbone", Bytes("IMAGE", [.. Samples.Bytes(Samples.Files[0]), (byte)i]));
            request.Id = $"{i}";
            await call.RequestStream.WriteAsync(request, TestContext.Current.CancellationToken);
        }
        await queued.Reached("backbone", 3, InferenceMesh.Patience);

        var stopped = running.Router.Stop();
        await held.DisposeAsync();

        var answered = new List<ModelStreamInferResponse>();
        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
                answered.Add(call.ResponseStream.Current);
            }
        });
        Assert.Equal([("0", ""), ("1", ""), ("2", "")], answered.Select(answer => (answer.InferResponse.Id, answer.ErrorMessage)));
        Assert.Equal((StatusCode.Unavailable, "the service is stopping"), (ended.StatusCode, ended.Status.Detail));
        await stopped.WaitAsync(InferenceMesh.Patience, TestContext.Current.CancellationToken);
    }

    private async Task<List<ModelStreamInferResponse>> Ask(ModelInferRequest[] requests)
    {
        using var call = mesh.Client.ModelStreamInfer(deadline: InferenceMesh.Deadline);
        var reading = call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        foreach (var request in requests)
        {
            await call.RequestStream.WriteAsync(request, TestContext.Current.CancellationToken);
        }
        await call.RequestStream.CompleteAsync();
        return await reading;
    }
}
