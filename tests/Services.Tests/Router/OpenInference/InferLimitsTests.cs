using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using static MedMoE.Mesh.Services.Tests.Router.OpenInference.Tensors;
using InferRequestedOutputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

/// <summary>Right requests that take too long or too much.</summary>
public sealed class InferLimitsTests(InferenceMesh mesh) : IClassFixture<InferenceMesh>
{
    [Fact]
    public async Task ModelInfer_TimeoutTooShort_IsDeadlineExceeded()
    {
        var request = Request("medmoe", Fp32("PIXELS", [.. Samples.Stored("gray8_512x640").Select(p => p + 1)], 1, 3, 224, 224));
        request.Parameters.Add("timeout", new InferParameter { Int64Param = 1 });

        var refused = await mesh.Refused(request);

        Assert.Equal(
            (StatusCode.DeadlineExceeded, "no answer within 1 microseconds (parameters.timeout)"), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task ModelInfer_AnswerOverTheLimit_SaysWhatToDo()
    {
        var router = await mesh.Running.AddRouter("Serving:MaxMessageBytes=700000", "Router:PyramidType=Fp32");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(router.Channel);
        var request = Request("backbone", Bytes("IMAGE", Samples.Bytes(Samples.Files[1]), Samples.Bytes(Samples.Files[1])));
        Task Infer() => client.ModelInferAsync(request, deadline: InferenceMesh.Deadline).ResponseAsync;

        var refused = await Assert.ThrowsAsync<RpcException>(Infer);

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Matches(@"^outputs: take \d+ bytes, over the limit of 700000 ", refused.Status.Detail);
        request.Outputs.Add(new InferRequestedOutputTensor { Name = "POOLED" });
        await Infer();
    }
}
