using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Gateway.Doors.OpenInference;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>The request and the answer of an inference over HTTP, which no proto describes.</summary>
internal sealed class InferenceSchemas
{
    private static readonly MessageDescriptor _request = ModelInferRequest.Descriptor;
    private static readonly string[] _types = ["BYTES", "FP32", "FP16", "BF16"];

    public InferenceSchemas(OpenApiDocument document)
    {
        Request = Add(document, "InferenceRequest", SchemaOf.Object(
            null, "inputs",
            ("id", SchemaOf.Text(Comment("id"))),
            ("parameters", Parameters()),
            ("inputs", SchemaOf.List("The tensors that the model takes.", Add(document, "InferenceInput", Input()))),
            ("outputs", SchemaOf.List(Comment("outputs"), Add(document, "InferenceRequestedOutput", RequestedOutput())))));
        Answer = Add(document, "InferenceResponse", SchemaOf.Object(
            null, "model_name model_version parameters outputs",
            ("model_name", SchemaOf.Text("The model of the request.")),
            ("model_version", SchemaOf.Text("Its one version, 1.")),
            ("id", SchemaOf.Text("That of the request, if it has one.")),
            ("parameters", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Number | JsonSchemaType.Boolean },
                Description = "The bundle (`bundle`, `bundle_version`, `notice`), the digests of the parts that answered (`digest_backbone`), and "
                    + "`notes` on the images, if there are any.",
            }),
            ("outputs", SchemaOf.List("Those wanted, in their order.", Add(document, "InferenceOutput", Output())))));
    }

    public IOpenApiSchema Request { get; }

    public IOpenApiSchema Answer { get; }

    /// <summary>An image with its report, for the model medmoe. A mesh answers it.</summary>
    public static JsonNode Example() => new JsonObject
    {
        ["inputs"] = new JsonArray(
            Tensor("IMAGE", new JsonObject { ["b64"] = RequestExamples.Picture }),
            Tensor("REPORT", RequestExamples.Report)),
    };

    private static JsonObject Tensor(string name, JsonNode element) => new()
    {
        ["name"] = name,
        ["datatype"] = "BYTES",
        ["shape"] = new JsonArray(1, 1),
        ["data"] = new JsonArray(element),
    };

    private static OpenApiSchema Parameters() => SchemaOf.Object(
        "Others are refused.", "",
        ("timeout", SchemaOf.Count("Microseconds that the request may take; 0: as long as the call. Then it ends with 504.")),
        ("priority", SchemaOf.Count("1, the default: that of the caller. From 2: gives way to other requests. 0: the default.")),
        ("gating", SchemaOf.Choice(
            "Of medmoe alone: what chooses the expert. auto, the default, is report where there is one, else image.",
            "auto", "report", "image", "explicit")),
        ("expert", SchemaOf.Text("Of medmoe alone: name of the expert, which by itself means explicit.")),
        (InferRequestReader.BinaryOutputs, SchemaOf.Flag(
            $"Whether outputs come as binary data, but for those that say otherwise themselves ({InferRequestReader.BinaryOutput}).")));

    private static OpenApiSchema Input() => SchemaOf.Object(
        $"A tensor of the request, with either data or parameters.{InferRequestReader.BinarySize}.", "name datatype shape",
        ("name", SchemaOf.Text("As IMAGE.")),
        ("datatype", SchemaOf.Choice("Type of the elements. FP16 and BF16 come as binary data alone.", _types)),
        ("shape", Shape("The dimensions, the batch first, equal for all inputs: [n, 1] for BYTES.")),
        ("data", Elements()),
        ("parameters", SchemaOf.Object(
            null, "", (InferRequestReader.BinarySize, SchemaOf.Count("In place of data: bytes of the tensor's binary data, after the JSON.")))));

    private static OpenApiSchema RequestedOutput() => SchemaOf.Object(
        null, "name",
        ("name", SchemaOf.Text("As IMAGE_EMBEDDING.")),
        ("parameters", SchemaOf.Object(
            null, "", (InferRequestReader.BinaryOutput, SchemaOf.Flag("Whether this output comes as binary data, after the JSON.")))));

    private static OpenApiSchema Output() => SchemaOf.Object(
        $"A tensor of the answer, with either data or parameters.{InferRequestReader.BinarySize}.", "name datatype shape",
        ("name", SchemaOf.Text("As IMAGE_EMBEDDING.")),
        ("datatype", SchemaOf.Choice("Type of the elements.", [.. _types, "INT32", "BOOL"])),
        ("shape", Shape("The dimensions, the batch first.")),
        ("data", SchemaOf.List("The elements, row-major, in one list. NaN is null.", new OpenApiSchema
        {
            Type = JsonSchemaType.String | JsonSchemaType.Number | JsonSchemaType.Boolean | JsonSchemaType.Null,
        })),
        ("parameters", SchemaOf.Object(
            null, "", (InferRequestReader.BinarySize, SchemaOf.Count("In place of data: bytes of the tensor's binary data, after the JSON.")))));

    private static OpenApiSchema Elements() => SchemaOf.List(
        "The elements, row-major, in one list or in lists of lists. FP32: numbers. BYTES: texts, or objects with base64 for what is none, as images.",
        SchemaOf.Any(
            null,
            new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Number },
            SchemaOf.Object(null, "b64", ("b64", new OpenApiSchema { Type = JsonSchemaType.String, ContentEncoding = "base64" })),
            // Of the same. Generators of clients stumble over a schema that holds itself.
            SchemaOf.List(null, new OpenApiSchema())));

    private static OpenApiSchema Shape(string description) =>
        SchemaOf.List(description, new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" });

    private static string Comment(string field) => ProtoComments.Of(_request.FindFieldByName(field));

    private static OpenApiSchemaReference Add(OpenApiDocument document, string name, OpenApiSchema schema)
    {
        document.AddComponent<IOpenApiSchema>(name, schema);
        return new OpenApiSchemaReference(name, document);
    }
}
