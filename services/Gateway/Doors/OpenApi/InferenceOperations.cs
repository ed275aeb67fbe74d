using System.Net.Mime;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Gateway.Doors.OpenInference;
using MedMoE.Mesh.OpenInference;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>
/// The Open Inference Protocol over HTTP as operations. Their summaries and the messages that they answer with are those of the proto; an inference
/// has a form of its own over HTTP (<see cref="InferenceSchemas"/>).
/// </summary>
internal sealed class InferenceOperations
{
    private const string Tag = "Open Inference Protocol";
    private const string EveryModel = "/v2/models/stats";
    private const string OneModel = $"/v2/models/{{{InferenceDoor.Model}}}";

    private const string About =
        """
        The Open Inference Protocol v2 of Triton, KServe and MLServer, with Triton's binary tensors, statistics, configuration and index. The models
        are `medmoe`, the whole chain, `backbone`, `text_encoder`, `gate`, and `expert_NAME` for each expert; each has the one version 1.
        """;

    private const string Tensors =
        $$"""
        `medmoe` and `expert_NAME` take an image and, if there is one, its report:

        - `IMAGE` BYTES [n, 1]: files, PNG or JPEG. Or `PIXELS` FP32, FP16 or BF16 [n, 3, side, side]: resized and normalised as the bundle says.
        - `REPORT` BYTES [n, 1]: texts. Empty ones, or none: no report.

        and answer with

        - `IMAGE_EMBEDDING` FP32 [n, D].
        - `EXPERT` BYTES [n, 1]: names of the experts that ran. `GATE_PROBABILITIES` FP32 [n, E]: in the bundle's order of experts.
        - `GLOBAL_SIMILARITY` and `LOCAL_SIMILARITY` FP32 [n, 1], of image and report. Null (NaN) where there is no report.

        n is the number of items, at most `Router:MaxBatchSize`. `GET /v2/models/{model}` has the tensors of every model.

        Binary data of tensors, row-major and little-endian, follows the JSON, in the order of the tensors; an element of BYTES is its length in bytes
        (4 bytes) and then these bytes. The header `{{InferCall.JsonLength}}` says how many bytes of JSON there are, in requests and in answers.
        """;

    private readonly OpenApiDocument _document;
    private readonly CommonParameters _parameters;
    private readonly ErrorResponses _errors;
    private readonly MessageSchemas _messages;
    private readonly InferenceSchemas _inference;
    private readonly IOpenApiParameter _model;
    private readonly IOpenApiParameter _version;
    private readonly IOpenApiParameter _jsonLength;

    public InferenceOperations(OpenApiDocument document, CommonParameters parameters)
    {
        (_document, _parameters) = (document, parameters);
        _errors = new ErrorResponses(document, ErrorForm.Inference, MethodComment.Of(GRPCInferenceService.Descriptor).Errors);
        _messages = new MessageSchemas(document, MessageForm.ProtoNames, RepositoryIndexRequest.Descriptor);
        _inference = new InferenceSchemas(document);
        _model = parameters.Add(
            InferenceDoor.Model, ParameterLocation.Path,
            new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["medmoe"] }, "Name of the model, as `medmoe`.");
        _version = parameters.Add(
            InferenceDoor.Version, ParameterLocation.Path,
            new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["1"] }, "Version of the model: `1`.");
        _jsonLength = parameters.Add(
            InferCall.JsonLength, ParameterLocation.Header, JsonLength(), "Bytes of JSON, before the binary data. Default: the whole body.");
    }

    public void Add()
    {
        _document.Tags!.Add(new OpenApiTag { Name = Tag, Description = About });
        Ask("/v2", "ServerMetadata");
        Ask("/v2/health/live", "ServerLive");
        AskWhetherReady("/v2/health/ready", "ServerReady");
        Ask(EveryModel, "ModelStatistics");
        foreach (var path in new[] { OneModel, $"{OneModel}/versions/{{{InferenceDoor.Version}}}" })
        {
            Ask(path, "ModelMetadata");
            AskWhetherReady($"{path}/ready", "ModelReady");
            Ask($"{path}/config", "ModelConfig");
            Ask($"{path}/stats", "ModelStatistics");
            AddInfer($"{path}/infer");
        }
        AddIndex();
    }

    private OpenApiOperation Ask(string path, string method)
    {
        var type = MethodOf(method).OutputType;
        // The door answers with the configuration itself.
        return Add(HttpMethod.Get, path, method, Json(_messages.Of(type == ModelConfigResponse.Descriptor ? ModelConfig.Descriptor : type)));
    }

    private void AskWhetherReady(string path, string method)
    {
        var operation = Ask(path, method);
        operation.Description += " Not ready: 503.";
        operation.Responses!["503"] = new OpenApiResponse
        {
            Description = "Not ready; or an error: a service cannot be reached, or is about to stop.",
            Content = Json(SchemaOf.Any(null, _messages.Of(MethodOf(method).OutputType), _errors.Schema)),
        };
    }

    private void AddInfer(string path)
    {
        var binary = new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                // Read by tools that are older than OpenAPI 3.1's content types.
                Format = "binary",
                ContentMediaType = MediaTypeNames.Application.Octet,
                Description = "The JSON, and after it the binary data of tensors.",
            },
        };
        var body = Json(_inference.Request, InferenceSchemas.Example());
        body[MediaTypeNames.Application.Octet] = binary;
        var answer = Json(_inference.Answer);
        answer[MediaTypeNames.Application.Octet] = binary;
        var operation = Add(HttpMethod.Post, path, "ModelInfer", answer, new OpenApiRequestBody { Required = true, Content = body });
        operation.Description += $"\n\n{Tensors}";
        operation.Parameters!.Add(_jsonLength);
        operation.Responses!["200"].Headers![InferCall.JsonLength] = new OpenApiHeader
        {
            Description = "Bytes of JSON, where binary data follows.",
            Schema = JsonLength(),
        };
    }

    private void AddIndex()
    {
        var request = RepositoryIndexRequest.Descriptor;
        var body = new OpenApiRequestBody { Content = Json(_messages.Of(request), RequestExamples.Of(request)) };
        var models = SchemaOf.List(null, _messages.Of(RepositoryIndexResponse.Types.ModelIndex.Descriptor));
        var operation = Add(HttpMethod.Post, "/v2/repository/index", "RepositoryIndex", Json(models), body);
        operation.Description += " The body may be empty.";
        // Whatever it calls itself.
        operation.Responses!.Remove("415");
    }

    private OpenApiOperation Add(
        HttpMethod verb, string path, string method, Dictionary<string, IOpenApiMediaType> answer, OpenApiRequestBody? body = null)
    {
        var comment = MethodComment.Of(MethodOf(method));
        // The same question has several paths.
        var (id, words) = path == EveryModel ? ("OfAll", ", of every model")
            : path.Contains($"{{{InferenceDoor.Version}}}", StringComparison.Ordinal) ? ("OfVersion", ", version in the path")
            : ("", "");
        var operation = new OpenApiOperation
        {
            OperationId = $"{char.ToLowerInvariant(method[0])}{method[1..]}{id}",
            Tags = new HashSet<OpenApiTagReference> { new(Tag, _document) },
            Summary = comment.Summary + words,
            Description = comment.Text,
            Parameters = [.. _parameters.Everywhere],
            RequestBody = body,
            Responses = new OpenApiResponses { ["200"] = _parameters.Answer("The answer.", answer) },
        };
        foreach (var parameter in new[] { _model, _version }.Where(named => path.Contains($"{{{named.Name}}}", StringComparison.Ordinal)))
        {
            operation.Parameters.Add(parameter);
        }
        _errors.AddTo(operation);
        _document.AddOperation(verb, path, operation);
        return operation;
    }

    private static OpenApiSchema JsonLength() => new() { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "0" };

    private static MethodDescriptor MethodOf(string name) => GRPCInferenceService.Descriptor.FindMethodByName(name);

    private static Dictionary<string, IOpenApiMediaType> Json(IOpenApiSchema schema, JsonNode? example = null) =>
        new() { [MediaTypeNames.Application.Json] = new OpenApiMediaType { Schema = schema, Example = example } };
}
