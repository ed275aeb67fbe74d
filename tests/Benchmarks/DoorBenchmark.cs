using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.V1;
using InferInputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferInputTensor;
using InferRequestedOutputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>
/// The embedding of one image through each door of the gateway: the client's writing of the request and reading of the answer are part of it. The
/// networks of the demo bundle are small, so that the doors are visible.
/// </summary>
public class DoorBenchmark
{
    private const string Model = "medmoe";
    private const string Input = "IMAGE";
    private const string Output = "IMAGE_EMBEDDING";
    private const string Png = "image/png";

    private static readonly int[] _shape = [1, 1];

    private DemoMesh _mesh = null!;
    private HttpClient _http = null!;
    private GrpcChannel _web = null!;
    private byte[] _file = null!;

    /// <summary>Whether the image is new to the mesh. Otherwise its answer is in the router's memory.</summary>
    [Params(false, true)]
    public bool IsNew { get; set; }

    private byte[] Image => IsNew ? [.. _file, .. Guid.NewGuid().ToByteArray()] : _file;

    [GlobalSetup]
    public async Task Start()
    {
        _file = await File.ReadAllBytesAsync(Path.Combine(Golden.Repository, "services", "Trainer", "Demo", "studies", "images", "xray-000004.png"));
        _mesh = await DemoMesh.Start("xray");
        _http = new HttpClient { BaseAddress = _mesh.Http };
        _web = GrpcChannel.ForAddress(_mesh.Http, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, new SocketsHttpHandler()),
            HttpVersion = new Version(1, 1),
        });
    }

    [GlobalCleanup]
    public async Task Stop()
    {
        _web.Dispose();
        _http.Dispose();
        await _mesh.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public Task<object> Grpc() => Embed(_mesh.Channel);

    [Benchmark]
    public Task<object> GrpcWeb() => Embed(_web);

    [Benchmark]
    public Task<object> Json() => Ask("/v1/embed/image", JsonContent.Create(new { image = new { encoded = Image } }));

    [Benchmark]
    public Task<object> JsonForm() => Ask("/v1/embed/image", new MultipartFormDataContent { { Typed(Image, Png), "image", "image.png" } });

    [Benchmark]
    public Task<object> OpenInferenceRaw()
    {
        var request = InferRequest();
        request.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(Element(Image)));
        return Infer(request);
    }

    [Benchmark]
    public Task<object> OpenInferenceTyped()
    {
        var request = InferRequest();
        request.Inputs[0].Contents = new InferTensorContents { BytesContents = { UnsafeByteOperations.UnsafeWrap(Image) } };
        return Infer(request);
    }

    [Benchmark]
    public Task<object> OpenInferenceHttpJson() => Ask(
        $"/v2/models/{Model}/infer",
        JsonContent.Create(Question(new { name = Input, shape = _shape, datatype = "BYTES", data = new[] { new { b64 = Image } } }, binary: false)));

    [Benchmark]
    public async Task<object> OpenInferenceHttpBinary()
    {
        const string headLength = "Inference-Header-Content-Length";
        var element = Element(Image);
        var head = JsonSerializer.SerializeToUtf8Bytes(
            Question(new { name = Input, shape = _shape, datatype = "BYTES", parameters = new { binary_data_size = element.Length } }, binary: true));
        using var content = Typed([.. head, .. element], "application/octet-stream");
        content.Headers.Add(headLength, head.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await _http.PostAsync(new Uri($"/v2/models/{Model}/infer", UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync();
        return JsonDocument.Parse(body.AsMemory(0, int.Parse(response.Headers.GetValues(headLength).Single(), CultureInfo.InvariantCulture)));
    }

    [Benchmark]
    public Task<object> Embeddings() => Ask(
        "/v1/embeddings", JsonContent.Create(new { model = Model, input = $"data:{Png};base64,{Convert.ToBase64String(Image)}" }));

    private static object Question(object input, bool binary) => new
    {
        inputs = new[] { input },
        outputs = new[] { new { name = Output, parameters = new { binary_data = binary } } },
    };

    private static ModelInferRequest InferRequest() => new()
    {
        ModelName = Model,
        Inputs = { new InferInputTensor { Name = Input, Datatype = "BYTES", Shape = { 1, 1 } } },
        Outputs = { new InferRequestedOutputTensor { Name = Output } },
    };

    private static byte[] Element(byte[] bytes)
    {
        var element = new byte[sizeof(uint) + bytes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)bytes.Length);
        bytes.CopyTo(element, sizeof(uint));
        return element;
    }

    private static ByteArrayContent Typed(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private async Task<object> Embed(GrpcChannel channel) => await new RouterService.RouterServiceClient(channel).EmbedImageAsync(
        new EmbedImageRequest { Image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap(Image) } });

    private async Task<object> Infer(ModelInferRequest request) =>
        await new GRPCInferenceService.GRPCInferenceServiceClient(_mesh.Channel).ModelInferAsync(request);

    private async Task<object> Ask(string path, HttpContent content)
    {
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
    }
}
