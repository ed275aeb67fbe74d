using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Router;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Services.Tests.Router;

/// <summary>
/// Counts the router's copies of a pyramid. Backbone and expert write gRPC frames by hand and allocate nothing for a pyramid, so all allocations of
/// the process are the router's.
/// </summary>
public sealed class RelayAllocationTests
{
    private const int Requests = 40;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly (int Side, int Channels)[] _shapes = [(56, 96), (28, 192), (14, 384), (7, 768)];

    // Swin-T's, in fp16: 1.13 MB.
    private static readonly byte[][] _levels = [.. _shapes.Select((shape, level) => new ExtractPyramidResponse
    {
        Level = new PyramidLevel
        {
            Level = level,
            LevelCount = 4,
            Features = WireTensors.FromSingles(
                new float[shape.Side * shape.Side * shape.Channels], DataType.Fp16, shape.Side, shape.Side, shape.Channels),
            Pooled = level == 3 ? WireTensors.FromSingles(new float[128], DataType.Fp32, 128) : null,
            Model = level == 3 ? new ModelInfo { Digests = { ["backbone"] = "b" } } : null,
        },
    }.ToByteArray())];

    [Fact]
    public async Task Relay_OfAPyramid_AllocatesItsBytesOnce()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var expert = new LocalizeResponse
        {
            Expert = "ct",
            GridSide = 56,
            ImageEmbedding = WireTensors.FromSingles(new float[64], DataType.Fp32, 64),
            Model = new ModelInfo(),
        }.ToByteArray();
        await using var backbone = await RunningService.Start(Raw("/medmoe.mesh.v1.BackboneService/ExtractPyramid", _levels), files.Root);
        await using var ct = await RunningService.Start(Raw("/medmoe.mesh.v1.ExpertService/Localize", [expert]), files.Root);
        await using var router = await RunningService.Start(
            RouterApp.Create, files.Root, $"--Endpoints:Services:backbone={backbone.Address}", $"--Endpoints:Services:expert-ct={ct.Address}");
        var client = new RouterService.RouterServiceClient(router.Channel);
        var sequence = 0;
        async Task Run(int requests)
        {
            for (var i = 0; i < requests; i++)
            {
                await client.EmbedImageAsync(
                    new EmbedImageRequest
                    {
                        Image = new Image { Encoded = ByteString.CopyFrom(BitConverter.GetBytes(sequence++)) },
                        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
                    },
                    deadline: DateTime.UtcNow + _patience);
            }
        }
        // Fill the pools.
        await Run(Requests);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        await Run(Requests);

        var pyramid = _levels.Sum(l => l.Length);
        var ratio = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Requests / pyramid;
        TestContext.Current.TestOutputHelper?.WriteLine($"{ratio:F3} of a pyramid's {pyramid} bytes allocated for each");
        // One more copy would give 2.
        Assert.InRange(ratio, 1, 1.5);
    }

    /// <summary>A gRPC service that reads and discards all requests, and answers with these messages.</summary>
    private static Func<string[], WebApplication> Raw(string method, byte[][] messages) => args =>
    {
        var builder = ServiceHost.CreateBuilder(args);
        var app = builder.Build();
        app.MapServing();
        app.MapGrpcService<Nameless>();
        app.MapPost(method, async context =>
        {
            while (await context.Request.BodyReader.ReadAsync() is { } read)
            {
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
            context.Response.ContentType = "application/grpc";
            foreach (var message in messages)
            {
                var header = context.Response.BodyWriter.GetSpan(5);
                header[0] = 0;
                BinaryPrimitives.WriteInt32BigEndian(header[1..], message.Length);
                context.Response.BodyWriter.Advance(5);
                await context.Response.BodyWriter.WriteAsync(message);
            }
            context.Response.AppendTrailer("grpc-status", "0");
        });
        return app;
    };

    private sealed class Nameless : ModelService.ModelServiceBase
    {
        public override Task<GetModelResponse> GetModel(GetModelRequest request, ServerCallContext context) =>
            Task.FromResult(new GetModelResponse { Model = new ModelInfo { Digests = { ["backbone"] = "b" } } });
    }
}
