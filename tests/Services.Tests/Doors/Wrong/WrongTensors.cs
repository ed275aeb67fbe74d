using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using static MedMoE.Mesh.Services.Tests.Router.OpenInference.Tensors;
using InferInputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferInputTensor;
using InferRequestedOutputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace MedMoE.Mesh.Services.Tests.Doors.Wrong;

/// <summary>Requests in gRPC that break the Open Inference Protocol. Each is a right one, changed.</summary>
internal static class WrongTensors
{
    private static readonly Dictionary<string, (Action<ModelInferRequest> Change, string Message)> _changes = new()
    {
        ["shape of one dimension"] = (r => Shape(r, 0, 1), "IMAGE: has shape [1], expected [n, 1]"),
        ["shape of three dimensions"] = (r => Shape(r, 0, 1, 1, 1), "IMAGE: has shape [1, 1, 1], expected [n, 1]"),
        ["no shape"] = (r => Shape(r, 0), "IMAGE: has shape [], expected [n, 1]"),
        ["other dimension"] = (r => Shape(r, 0, 1, 2), "IMAGE: has shape [1, 2], expected [n, 1]"),
        ["negative batch"] = (r => Shape(r, 0, -1, 1), "IMAGE: has shape [-1, 1], expected [n, 1]"),
        ["negative dimension"] = (r => Shape(r, 0, 1, -1), "IMAGE: has shape [1, -1], expected [n, 1]"),
        ["empty batch"] = (r => Shape(r, 0, 0, 1), "IMAGE: is an empty batch"),
        ["batch over the limit"] = (r => Shape(r, 0, 17, 1), "IMAGE: is a batch of 17, over the limit of 16 items (Router:MaxBatchSize)"),
        ["2^31 items"] = (r => Shape(r, 0, 1L << 31, 1), "IMAGE: is a batch of 2147483648, over the limit"),
        ["2^63 - 1 items"] = (r => Shape(r, 0, long.MaxValue, 1), "IMAGE: is a batch of 9223372036854775807, over the limit"),
        ["2^31 elements of an item"] = (r => Shape(r, 0, 1, 1L << 31), "IMAGE: has shape [1, 2147483648], expected [n, 1]"),
        ["40,000 dimensions"] = (r => Shape(r, 0, [.. Enumerable.Repeat(1L, 40_000)]), "IMAGE: has shape [1, 1, 1"),
        ["fewer elements than items"] = (r => Shape(r, 0, 2, 1), "IMAGE[1]: is missing: "),
        ["other batches"] = (
            r => (r.Inputs[1], r.RawInputContents[1]) = Texts("REPORT", "a mass", "a mass"), "REPORT: is a batch of 2, and IMAGE is one of 1"),
        ["bytes after the elements"] = (
            r => r.RawInputContents[1] = ByteString.CopyFrom([.. r.RawInputContents[1], 1, 2, 3]), "REPORT: has 3 bytes after its 1 elements"),
        ["length past the end"] = (
            r => r.RawInputContents[1] = ByteString.CopyFrom(7, 0, 0, 0, 65), "REPORT[0]: has a length of 7 bytes, and 1 follow"),
        ["length of 2^32 - 1"] = (
            r => r.RawInputContents[1] = ByteString.CopyFrom(255, 255, 255, 255), "REPORT[0]: has a length of 4294967295 bytes, and 0 follow"),
        ["half a length"] = (r => r.RawInputContents[1] = ByteString.CopyFrom(1, 0), "REPORT[0]: is missing: 2 bytes end before its length"),
        ["no raw bytes"] = (r => r.RawInputContents[1] = ByteString.Empty, "REPORT[0]: is missing: 0 bytes end before its length"),
        ["empty image"] = (r => (r.Inputs[0], r.RawInputContents[0]) = Bytes("IMAGE", [[]]), "IMAGE[0]: is empty"),
        ["not an image"] = (r => (r.Inputs[0], r.RawInputContents[0]) = Bytes("IMAGE", [1, 2, 3]), "IMAGE[0]: not an image"),
        ["report not UTF-8"] = (r => (r.Inputs[1], r.RawInputContents[1]) = Bytes("REPORT", [0xC3, 0x28]), "REPORT[0]: is not UTF-8"),
        ["report without words"] = (r => (r.Inputs[1], r.RawInputContents[1]) = Texts("REPORT", "\n "), "REPORT[0]: no words in it"),
        ["one raw entry for two inputs"] = (r => r.RawInputContents.RemoveAt(1), "raw_input_contents: has 1 entries, expected 2, one for each input"),
        ["raw entries alone"] = (r => r.Inputs.Clear(), "raw_input_contents: has 2 entries, expected 0, one for each input"),
        ["contents beside raw"] = (
            r => r.Inputs[0].Contents = new InferTensorContents(), "IMAGE.contents: must be absent where raw_input_contents is used"),
        ["neither raw nor contents"] = (r => r.RawInputContents.Clear(), "IMAGE: has no contents, and the request no raw_input_contents"),
        ["contents of another type"] = (
            r => Typed(r, new InferTensorContents { Fp32Contents = { 1 } }),
            "IMAGE.contents: has values of another type; BYTES takes bytes_contents"),
        ["more contents than the shape"] = (
            r => Typed(r, new InferTensorContents { BytesContents = { ByteString.Empty, ByteString.Empty } }),
            "IMAGE.contents.bytes_contents: has 2 elements, expected 1 for shape [1, 1]"),
        ["other datatype"] = (r => r.Inputs[0].Datatype = "UINT8", "IMAGE: has datatype \"UINT8\", expected BYTES"),
        ["no datatype"] = (r => r.Inputs[0].Datatype = "", "IMAGE: has datatype \"\", expected BYTES"),
        ["unknown input"] = (r => r.Inputs[0].Name = "image", "inputs[0].name: \"image\" is not an input of medmoe: IMAGE, PIXELS, REPORT"),
        ["input twice"] = (r => r.Inputs[1].Name = "IMAGE", "inputs[1].name: IMAGE is there twice"),
        ["more inputs than there are"] = (
            r => Enumerable.Range(0, 2).ToList().ForEach(_ => Add(r, Texts("REPORT", "mass"))),
            "inputs: has 4 tensors, and medmoe takes IMAGE, PIXELS, REPORT"),
        ["no input"] = (Clear, "IMAGE: is missing, and so is PIXELS"),
        ["image and pixels"] = (r => Add(r, Pixels(0)), "IMAGE: is there, and so is PIXELS: send one of them"),
        ["pixels of another size"] = (
            r => Only(r, Fp32("PIXELS", new float[3 * 8 * 8], 1, 3, 8, 8)), "PIXELS: has shape [1, 3, 8, 8], expected [n, 3, 224, 224]"),
        ["pixels of fewer bytes"] = (
            r => Only(r, Fp32("PIXELS", new float[10], 1, 3, 224, 224)), "PIXELS: has 40 bytes, expected 602112 for its shape and FP32"),
        ["halves called singles"] = (
            r => Only(r, (Pixels(0).Tensor, Bf16("PIXELS", new float[3 * 224 * 224]).Item2)), "PIXELS: has 301056 bytes, expected 602112"),
        ["NaN"] = (r => Only(r, Pixels(float.NaN)), "PIXELS[0]: holds NaN or infinity"),
        ["infinity"] = (r => Only(r, Pixels(float.NegativeInfinity)), "PIXELS[0]: holds NaN or infinity"),
        ["pixels that overflow"] = (r => Only(r, Pixels(1e20f)), "PIXELS[0]: its values are too large"),
        ["typed halves"] = (
            r =>
            {
                Only(r, Bf16("PIXELS", new float[3 * 224 * 224], 1, 3, 224, 224));
                r.RawInputContents.Clear();
            },
            "PIXELS: BF16 has no typed contents: send raw_input_contents"),
        ["parameter of an input"] = (
            r => r.Inputs[0].Parameters.Add("shared_memory_region", new InferParameter { StringParam = "a" }),
            "IMAGE.parameters: \"shared_memory_region\" is not known"),
        ["unknown output"] = (
            r => r.Outputs.Add(new InferRequestedOutputTensor { Name = "LOGITS" }),
            "outputs[0].name: \"LOGITS\" is not an output of medmoe: IMAGE_EMBEDDING, EXPERT, "),
        ["output twice"] = (
            r => r.Outputs.AddRange([new InferRequestedOutputTensor { Name = "EXPERT" }, new InferRequestedOutputTensor { Name = "EXPERT" }]),
            "outputs[1].name: EXPERT is there twice"),
        ["more outputs than there are"] = (
            r => r.Outputs.AddRange(Enumerable.Repeat(new InferRequestedOutputTensor { Name = "EXPERT" }, 1000)), "outputs: has 1000 tensors"),
        ["classification of an output"] = (
            r => r.Outputs.Add(new InferRequestedOutputTensor
            {
                Name = "EXPERT",
                Parameters = { ["classification"] = new InferParameter { Int64Param = 1 } },
            }),
            "EXPERT.parameters: \"classification\" is not supported"),
        ["sequence"] = (
            r => r.Parameters.Add("sequence_id", new InferParameter { Int64Param = 1 }), "parameters.sequence_id: there are no sequences"),
        ["unknown parameter"] = (
            r => r.Parameters.Add("triton_other", new InferParameter { BoolParam = true }),
            "parameters.triton_other: is not a parameter of medmoe: timeout, priority, "),
        ["timeout below zero"] = (
            r => r.Parameters.Add("timeout", new InferParameter { Int64Param = -1 }), "parameters.timeout: is not a number from 0"),
        ["timeout of a word"] = (
            r => r.Parameters.Add("timeout", new InferParameter { StringParam = "soon" }), "parameters.timeout: is not a number from 0"),
        ["priority of a fraction"] = (
            r => r.Parameters.Add("priority", new InferParameter { DoubleParam = 0.5 }), "parameters.priority: is not a number from 0"),
        ["unknown gating"] = (
            r => r.Parameters.Add("gating", new InferParameter { StringParam = "best" }),
            "parameters.gating: is none of auto, report, image, explicit"),
        ["gating of a number"] = (r => r.Parameters.Add("gating", new InferParameter { Int64Param = 1 }), "parameters.gating: is not a string"),
        ["explicit without an expert"] = (
            r => r.Parameters.Add("gating", new InferParameter { StringParam = "explicit" }), "parameters.expert: \"\" is not one of the experts: "),
        ["unknown expert"] = (
            r => r.Parameters.Add("expert", new InferParameter { StringParam = "dental" }),
            "parameters.expert: \"dental\" is not one of the experts: "),
        ["gating by a report that is not there"] = (
            r =>
            {
                Only(r, Bytes("IMAGE", Samples.Bytes(Samples.Files[0])));
                r.Parameters.Add("gating", new InferParameter { StringParam = "report" });
            },
            "parameters.gating: REPORT needs a report"),
        ["gating of one expert"] = (
            r =>
            {
                r.ModelName = "expert_ct";
                r.Parameters.Add("expert", new InferParameter { StringParam = "mri" });
            },
            "parameters.expert: is not a parameter of expert_ct: timeout"),
        ["gate of text and image"] = (
            r =>
            {
                r.ModelName = "gate";
                r.Inputs[1].Name = "TEXT";
            },
            "inputs: gate takes either TEXT or an image"),
        ["text that is missing"] = (
            r =>
            {
                Clear(r);
                r.ModelName = "text_encoder";
            },
            "TEXT: is missing: text_encoder needs it"),
        ["second text without words"] = (
            r =>
            {
                r.ModelName = "text_encoder";
                Only(r, Texts("TEXT", "mass", " "));
            },
            "TEXT[1]: no words in it"),
    };

    public static IEnumerable<WrongCase> Cases =>
    [
        .. _changes.Select(change => Case(change.Key, StatusCode.InvalidArgument, change.Value.Message, change.Value.Change)),
        Case("unknown model", StatusCode.NotFound, "\"medmo\" is not one of the models: medmoe, backbone, ", r => r.ModelName = "medmo"),
        Case("no model", StatusCode.NotFound, "\"\" is not one of the models: ", r => r.ModelName = ""),
        Case("unknown version", StatusCode.NotFound, "medmoe has no version \"2\", only \"1\"", r => r.ModelVersion = "2"),
    ];

    private static WrongCase Case(string name, StatusCode code, string message, Action<ModelInferRequest> change) => new(
        $"gRPC: {name}", $"{code}", message, async mesh =>
        {
            var request = Right();
            change(request);
            return await mesh.Refused(request);
        });

    private static ModelInferRequest Right() =>
        Request("medmoe", Bytes("IMAGE", Samples.Bytes(Samples.Files[0])), Texts("REPORT", Samples.Reports[0]));

    private static void Shape(ModelInferRequest request, int input, params long[] shape)
    {
        request.Inputs[input].Shape.Clear();
        request.Inputs[input].Shape.AddRange(shape);
    }

    private static void Typed(ModelInferRequest request, InferTensorContents contents)
    {
        request.RawInputContents.Clear();
        request.Inputs[0].Contents = contents;
    }

    private static void Clear(ModelInferRequest request)
    {
        request.Inputs.Clear();
        request.RawInputContents.Clear();
    }

    private static void Only(ModelInferRequest request, (InferInputTensor, ByteString) input)
    {
        Clear(request);
        Add(request, input);
    }

    private static void Add(ModelInferRequest request, (InferInputTensor Tensor, ByteString Raw) input)
    {
        request.Inputs.Add(input.Tensor);
        request.RawInputContents.Add(input.Raw);
    }

    private static (InferInputTensor Tensor, ByteString Raw) Pixels(float value) =>
        Fp32("PIXELS", [.. Enumerable.Repeat(value, 3 * 224 * 224)], 1, 3, 224, 224);
}
