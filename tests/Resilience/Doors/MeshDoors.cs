using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;
using InferInputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferInputTensor;
using InferRequestedOutputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace MedMoE.Mesh.Resilience.Doors;

/// <summary>
/// One question, an image's embedding, through each door of the gateway. Writing the request and reading the answer are part of it.
/// </summary>
internal sealed class MeshDoors : IDisposable
{
    private const string Model = "medmoe";
    private const string Input = "IMAGE";
    private const string Output = "IMAGE_EMBEDDING";
    private const string InferPath = $"/v2/models/{Model}/infer";

    private static readonly int[] _shape = [1, 1];

    private readonly GrpcChannel _grpc;
    private readonly GrpcChannel _web;
    private readonly HttpClient _http;

    /// <param name="gateway">HOST:PORT of gRPC.</param>
    /// <param name="http">URL of the HTTP port.</param>
    public MeshDoors(string gateway, Uri http)
    {
        _grpc = GrpcChannel.ForAddress($"http://{gateway}");
        _web = GrpcChannel.ForAddress(http, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, new SocketsHttpHandler()),
            HttpVersion = new(1, 1),
        });
        _http = new HttpClient { BaseAddress = http };
    }

    /// <summary>Each door, and how it is asked about the file of an image. The first is what the others are compared with.</summary>
    public IReadOnlyList<(string Name, Func<byte[], Task> Ask)> All =>
    [
        ("gRPC", image => Embed(_grpc, image)),
        ("gRPC-Web", image => Embed(_web, image)),
        ("JSON", image => Post("/v1/embed/image", JsonContent.Create(new { image = new { encoded = image } }))),
        ("form", image => Post("/v1/embed/image", new MultipartFormDataContent { { Typed(image, "image/png"), "image", "image.png" } })),
        ("Open Inference Protocol, raw", image => Infer(raw: true, image)),
        ("Open Inference Protocol, typed", image => Infer(raw: false, image)),
        ("the same over HTTP, JSON", image => Post(InferPath, JsonContent.Create(Question(
            new { name = Input, shape = _shape, datatype = "BYTES", data = new[] { new { b64 = image } } }, inBinary: false)))),
        ("the same over HTTP, binary", PostBinary),
        ("/v1/embeddings", image => Post(
            "/v1/embeddings", JsonContent.Create(new { model = Model, input = $"data:image/png;base64,{Convert.ToBase64String(image)}" }))),
    ];

    public void Dispose()
    {
        _http.Dispose();
        _web.Dispose();
        _grpc.Dispose();
    }

    private static async Task Embed(GrpcChannel channel, byte[] image) => await new RouterService.RouterServiceClient(channel).EmbedImageAsync(
        new EmbedImageRequest { Image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap(image) } });

    private async Task Infer(bool raw, byte[] image)
    {
        var request = new ModelInferRequest
        {
            ModelName = Model,
            Inputs = { new InferInputTensor { Name = Input, Datatype = "BYTES", Shape = { 1, 1 } } },
            Outputs = { new InferRequestedOutputTensor { Name = Output } },
        };
        if (raw)
        {
            request.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(Element(image)));
        }
        else
        {
            request.Inputs[0].Contents = new InferTensorContents { BytesContents = { UnsafeByteOperations.UnsafeWrap(image) } };
        }
        await new GRPCInferenceService.GRPCInferenceServiceClient(_grpc).ModelInferAsync(request);
    }

    private async Task Post(string path, HttpContent content)
    {
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
    }

    private async Task PostBinary(byte[] image)
    {
        const string HeadLength = "Inference-Header-Content-Length";
        var element = Element(image);
        var head = JsonSerializer.SerializeToUtf8Bytes(Question(
            new { name = Input, shape = _shape, datatype = "BYTES", parameters = new { binary_data_size = element.Length } }, inBinary: true));
        using var content = Typed([.. head, .. element], "application/octet-stream");
        content.Headers.Add(HeadLength, head.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await _http.PostAsync(new Uri(InferPath, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync();
        var length = int.Parse(response.Headers.GetValues(HeadLength).Single(), CultureInfo.InvariantCulture);
        using var answer = JsonDocument.Parse(body.AsMemory(0, length));
    }

    private static object Question(object input, bool inBinary) => new
    {
        inputs = new[] { input },
        outputs = new[] { new { name = Output, parameters = new { binary_data = inBinary } } },
    };

    /// <summary>An element of BYTES: its length, and the bytes.</summary>
    private static byte[] Element(byte[] bytes)
    {
        var element = new byte[sizeof(uint) + bytes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(element, (uint)bytes.Length);
        bytes.CopyTo(element, sizeof(uint));
        return element;
    }

    private static ByteArrayContent Typed(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
}
