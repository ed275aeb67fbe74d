using System.Text;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Services.Tests.Doors.Wrong;

/// <summary>Requests over HTTP that their door refuses.</summary>
internal static class WrongBodies
{
    private const int MaxName = 200;
    private const string AnalyzePath = "/v1/analyze";
    private const string EmbeddingsPath = "/v1/embeddings";
    private const string InferPath = "/v2/models/medmoe/infer";
    private const string Json = "application/json";
    private const string Binary = "application/octet-stream";
    private const string JsonLength = "Inference-Header-Content-Length";
    private const string BytesPastTheEnd =
        """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":8}}]}""";
    private const string Part = "--b\r\nContent-Disposition: form-data; name=";
    private const string Close = "\r\n--b--\r\n";

    private static readonly byte[] _large = new byte[40 << 20];

    public static IEnumerable<WrongCase> Cases => [.. Inference, .. Embeddings, .. OwnCalls];

    private static IEnumerable<WrongCase> Inference =>
    [
        Infer("body: ", ""),
        Infer("body: ", "{"),
        Infer("body: ", "[]"),
        Infer("body: ", """{"inputs":[]} {}"""),
        Infer("body: ", """{"input":[]}"""),
        Infer("inputs: ", """{"inputs":{}}"""),
        Infer("inputs[0]: ", """{"inputs":["IMAGE"]}"""),
        Infer("inputs[0]: ", """{"inputs":[{"nam":"IMAGE"}]}"""),
        Infer("inputs[0].name: ", """{"inputs":[{"name":5}]}"""),
        Infer("inputs[0].shape: ", """{"inputs":[{"name":"IMAGE","shape":[1.5],"datatype":"BYTES","data":["a"]}]}"""),
        Infer("inputs[0].shape: ", """{"inputs":[{"name":"IMAGE","shape":["1"],"datatype":"BYTES","data":["a"]}]}"""),
        Infer("inputs[0].shape: ", """{"inputs":[{"name":"IMAGE","shape":[99999999999999999999],"datatype":"BYTES","data":["a"]}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES"}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":"a"}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[1]}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[{"b64":"%%%"}]}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[{"b64":"AAAA","b65":"AAAA"}]}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP32","data":["1"]}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP32","data":[1e99]}]}"""),
        Infer("inputs[0].data: ", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP16","data":[1]}]}"""),
        Infer("PIXELS: ", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP32","data":[1,2]}]}"""),
        Infer("PIXELS: ", """{"inputs":[{"name":"PIXELS","shape":[1,3,-1,224],"datatype":"FP32","data":[1,2]}]}"""),
        Infer("PIXELS: ", """{"inputs":[{"name":"PIXELS","shape":[2147483648,3,224,224],"datatype":"FP32","data":[1,2]}]}"""),
        Infer("IMAGE: ", """{"inputs":[{"name":"IMAGE","shape":[0,1],"datatype":"BYTES","data":[]}]}"""),
        Infer("IMAGE: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":["a","b"]}]}"""),
        Infer("IMAGE: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"FP32","data":[1]}]}"""),
        Infer("IMAGE[0]: ", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":["no image"]}]}"""),
        Infer("inputs[0].name: ", """{"inputs":[{"name":"PICTURE","shape":[1,1],"datatype":"BYTES","data":["a"]}]}"""),
        Infer("IMAGE: ", """{"inputs":[]}"""),
        Infer("outputs[0]: ", """{"outputs":["EXPERT"],"inputs":[]}"""),
        Infer("outputs[0].parameters: ", """{"outputs":[{"name":"EXPERT","parameters":{"classification":3}}],"inputs":[]}"""),
        Infer("outputs[0].parameters.binary_data: ", """{"outputs":[{"name":"EXPERT","parameters":{"binary_data":1}}],"inputs":[]}"""),
        Infer("outputs[0].name: ", """{"outputs":[{"name":"SCORE"}],"inputs":[]}"""),
        Infer("parameters: ", """{"parameters":{"timeout":[]},"inputs":[]}"""),
        Infer("parameters.sequence_id: ", """{"parameters":{"sequence_id":1},"inputs":[]}"""),
        Infer("inputs[0].parameters.binary_data_size: ", """{"inputs":[{"parameters":{"binary_data_size":7}}]}"""),
        Infer("inputs[0].parameters.binary_data_size: ", """{"inputs":[{"parameters":{"binary_data_size":-1}}]}"""),
        Infer("body: ", """{"id":"\ud800","inputs":[]}"""),
        Infer("parameters: has more than 64 parameters", $$$"""{"parameters":{{{{Parts("\"p#\":1")}}}}}"""),
        Infer("inputs: the request has more than 64 tensors", $$$"""{{{{Parts("\"inputs\":[{}]")}}}}"""),
        Infer("outputs: the request has more than 64 tensors", $$"""{"outputs":[{{Parts("{}")}}]}"""),
        Infer("inputs[0].shape: has more than 64 dimensions", $$"""{"inputs":[{"shape":[{{Parts("1")}}]}]}"""),
        .. new[] { "-1", "x", "99", "2147483648" }.Select(
            length => Post(InferPath, "{}", 400, "inference-header-content-length: ", Binary, (JsonLength, length))),
        Post(InferPath, BytesPastTheEnd + "\u00ff\u00ff\u00ff\u00ff1234", 400, "IMAGE[0]: has a length of 4294967295 bytes, and 4 follow", Binary,
            (JsonLength, $"{BytesPastTheEnd.Length}")),
        Post(InferPath, "{}", 415, "content-type: ", "text/plain"),
        Post(InferPath, "{}", 400, "request-timeout: ", Json, ("request-timeout", "soon")),
        Post("/v2/models/other/infer", """{"inputs":[]}""", 404, "\"other\" is not one of the models: "),
        Post("/v2/models/medmoe/versions/2/infer", """{"inputs":[]}""", 404, "medmoe has no version \"2\""),
        Post("/v2/model", "{}", 404, ""),
        Large(InferPath),
    ];

    private static IEnumerable<WrongCase> Embeddings =>
    [
        Embed("body: ", ""),
        Embed("body: ", "[1]"),
        Embed("body: ", """{"model":"medmoe","input":"a","n":1}"""),
        Embed("model: ", """{"model":5,"input":"a"}"""),
        Embed("model: ", """{"model":"other","input":"a"}""", 404),
        Embed("input: ", """{"model":"medmoe"}"""),
        Embed("input: ", """{"model":"medmoe","input":[]}"""),
        Embed("input: ", """{"model":"medmoe","input":{}}"""),
        Embed("input[0]: ", """{"model":"medmoe","input":[1,2]}"""),
        Embed("input[1]: ", """{"model":"medmoe","input":["a",["b"]]}"""),
        Embed("input[1]: ", """{"model":"medmoe","input":["a","  "]}"""),
        Embed("input: ", """{"model":"medmoe","input":["a","data:image/png;base64,AAAA"]}"""),
        Embed("input: ", """{"model":"medmoe","input":"data:image/png,AAAA"}"""),
        Embed("input[0]: ", """{"model":"medmoe","input":["data:image/png;base64,%%%%"]}"""),
        Embed("input[0]: ", """{"model":"medmoe","input":"data:image/png;base64,AAAA"}"""),
        Embed("dimensions: ", """{"model":"medmoe","input":"a","dimensions":8}"""),
        Embed("encoding_format: ", """{"model":"medmoe","input":"a","encoding_format":"int8"}"""),
        Embed("body: ", """{"model":"medmoe","input":"\ud800"}"""),
        Embed("input: has more than 65536 texts", $$"""{"model":"medmoe","input":[{{Repeat("\"a\"", ProtoJson.MaxElements + 1)}}]}"""),
        Post(EmbeddingsPath, "{}", 415, "content-type: ", "text/plain"),
        Large(EmbeddingsPath),
    ];

    /// <summary>The mesh's own calls in JSON and as forms.</summary>
    private static IEnumerable<WrongCase> OwnCalls =>
    [
        Analyze("body: ", ""),
        Analyze("body: ", "{"),
        Analyze("body: ", "[]"),
        Analyze("reprot: ", """{"reprot":"a"}"""),
        Analyze("report: ", """{"report":5}"""),
        Analyze("phrases: ", """{"phrases":"a"}"""),
        Analyze("phrases[1]: ", """{"phrases":["a",1]}"""),
        Analyze("image: ", "{}"),
        Analyze("image: ", """{"image":"AAAA"}"""),
        Analyze("image.encoded: ", """{"image":{"encoded":5}}"""),
        Analyze("image.encoded: ", """{"image":{"encoded":"%%%"}}"""),
        Analyze("image.encoded: ", """{"image":{"encoded":"bm8gaW1hZ2U="}}"""),
        Analyze("gating.policy: ", """{"gating":{"policy":"NONE"}}"""),
        Post("/v1/embed/text", "{}", 400, "texts: "),
        Post("/v1/embed/text", """{"texts":["a"," "]}""", 400, "texts[1]: "),
        Post("/v1/classify", $$"""{"classes":[{{Repeat("{}", ProtoJson.MaxElements)}}]}""", 400, "body: has more than 65536 objects and elements"),
        Form("body: is not a whole form", ""),
        Form("body: is not a whole form", $"{Part}\"image\"\r\n\r\nxyz"),
        Form("body: a part has another name", $"{Part}\"picture\"\r\n\r\nxyz{Close}"),
        Form("image.encoded: ", $"{Part}\"image\"\r\n\r\nno image{Close}"),
        Form("image: is given twice", $"{Part}\"image\"\r\n\r\nxyz\r\n{Part}\"image\"\r\n\r\nxyz{Close}"),
        Post(AnalyzePath, "{}", 415, "", "text/plain"),
        Post("/v1/nothing", "{}", 404, ""),
        Large(AnalyzePath),
    ];

    private static WrongCase Infer(string message, string json) => Post(InferPath, json, 400, message);

    private static WrongCase Embed(string message, string json, int status = 400) => Post(EmbeddingsPath, json, status, message);

    private static WrongCase Analyze(string message, string json) => Post(AnalyzePath, json, 400, message);

    private static WrongCase Form(string message, string parts) => Post(AnalyzePath, parts, 400, message, "multipart/form-data; boundary=b");

    private static WrongCase Large(string path) =>
        new($"{path} 40 MB", "413", "the message is over the limit of 33554432 bytes", mesh => Refused(mesh, path, _large, Json));

    private static WrongCase Post(
        string path, string body, int status, string message, string type = Json, params (string Name, string Value)[] headers)
    {
        string[] parts = [path, type, .. headers.Select(header => header.Value), body];
        var name = string.Join(' ', parts);
        return new WrongCase(
            name.Length > MaxName ? name[..MaxName] : name, $"{status}", message,
            mesh => Refused(mesh, path, Encoding.Latin1.GetBytes(body), type, headers));
    }

    private static async Task<Refusal> Refused(
        DoorMesh mesh, string path, ReadOnlyMemory<byte> body, string type, params (string Name, string Value)[] headers)
    {
        using var response = await mesh.Post(path, body, type, headers);
        return await Refusal.Of(path, response);
    }

    /// <summary>Small parts in their greatest number and one, numbered where there is a #.</summary>
    private static string Parts(string part) =>
        string.Join(',', Enumerable.Range(0, 65).Select(i => part.Replace("#", $"{i}", StringComparison.Ordinal)));

    private static string Repeat(string part, int count) => string.Join(',', Enumerable.Repeat(part, count));
}
