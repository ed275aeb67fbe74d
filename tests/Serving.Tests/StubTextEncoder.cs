using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Serving.Tests;

/// <summary>Answers requests without texts, and fails others with INTERNAL.</summary>
internal sealed class StubTextEncoder : TextEncoderService.TextEncoderServiceBase
{
    public const string Reason = "Unknown error.";

    public static WebApplication Create(string[] args)
    {
        var app = ServiceHost.CreateBuilder(args).Build();
        app.MapServing();
        app.MapGrpcService<StubTextEncoder>();
        return app;
    }

    public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context) => request.Texts.Count == 0
        ? Task.FromResult(new EncodeResponse())
        : throw new RpcException(new Status(StatusCode.Internal, Reason));
}
