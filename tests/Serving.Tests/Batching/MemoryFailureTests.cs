using System.Runtime.InteropServices;
using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Serving.Tests.Batching;

public sealed class MemoryFailureTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes. "
        + "Error code 12 (Cannot allocate memory)", true)]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB", true)]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", true)]
    [InlineData("std::bad_alloc", true)]
    [InlineData("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4)", false)]
    public void Is_WordsOfLibtorch_TellsMemoryFromTheRest(string message, bool expected)
    {
        Assert.Equal(expected, MemoryFailure.Is(new ExternalException(message)));
        // The words alone are not enough: they may be part of a caller's text.
        Assert.False(MemoryFailure.Is(new InvalidOperationException(message)));
    }

    [Theory]
    [InlineData("native")]
    [InlineData("managed")]
    public async Task Call_NotEnoughMemory_GetsResourceExhausted(string kind)
    {
        await using var service = await RunningService.Start(ShortOfMemory.Create, bundle: null);
        var client = new TextEncoderService.TextEncoderServiceClient(service.Channel);

        var e = await Assert.ThrowsAsync<RpcException>(() =>
            client.EncodeAsync(new EncodeRequest { Texts = { kind } }, deadline: DateTime.UtcNow + _patience).ResponseAsync);

        Assert.Equal((StatusCode.ResourceExhausted, "not enough memory for this call"), (e.StatusCode, e.Status.Detail));
    }

    /// <summary>A service that is out of memory, as reported by libtorch or the runtime.</summary>
    private sealed class ShortOfMemory : TextEncoderService.TextEncoderServiceBase
    {
        public static WebApplication Create(string[] args)
        {
            var app = ServiceHost.CreateBuilder(args).Build();
            app.MapServing();
            app.MapGrpcService<ShortOfMemory>();
            return app;
        }

        public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context) => request.Texts[0] == "native"
            ? throw new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB")
            : throw new InsufficientMemoryException();
    }
}
