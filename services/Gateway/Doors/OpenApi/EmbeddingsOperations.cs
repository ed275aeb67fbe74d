using System.Net.Mime;
using System.Text.Json.Nodes;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Doors.Embeddings;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>Embeddings in the shape of OpenAI's API as operations.</summary>
internal sealed class EmbeddingsOperations
{
    private const string Tag = "Embeddings";
    private const string ModelEntry = "EmbeddingsModel";

    private static readonly Dictionary<StatusCode, string> _noSuchModel = new()
    {
        [StatusCode.NotFound] = $"no such model: there is only {OpenAiCall.Model}.",
    };

    private readonly OpenApiDocument _document;
    private readonly CommonParameters _parameters;
    private readonly ErrorResponses _errors;

    public EmbeddingsOperations(OpenApiDocument document, CommonParameters parameters)
    {
        (_document, _parameters) = (document, parameters);
        _errors = new ErrorResponses(document, ErrorForm.OpenAi, _noSuchModel);
        document.AddComponent<IOpenApiSchema>(ModelEntry, SchemaOf.Object(
            null, "id object created owned_by",
            ("id", SchemaOf.Choice("The model's name.", OpenAiCall.Model)),
            ("object", SchemaOf.Choice("What this is.", "model")),
            ("created", SchemaOf.Count("Always 0: when a bundle was made is not known.")),
            ("owned_by", SchemaOf.Choice("The same as id.", OpenAiCall.Model))));
    }

    public void Add()
    {
        _document.Tags!.Add(new OpenApiTag
        {
            Name = Tag,
            Description = "Embeddings of texts and images in the shape of OpenAI's API, for clients made for it. They can be compared by cosine.",
        });
        var create = Add(
            HttpMethod.Post, "/v1/embeddings", "createEmbeddings", "Embeddings of texts or of images",
            "Those of `EmbedText` and `EmbedImage`: D numbers, FP32. Refused are `dimensions`, lists of tokens, and texts and images in one request.",
            Answer(), Request());
        _errors.AddTo(create, _noSuchModel);
        _errors.AddTo(Add(
            HttpMethod.Get, "/v1/models", "listModels", "The models for embeddings", "There is one.",
            SchemaOf.Object(
                null, "object data",
                ("object", SchemaOf.Choice("What this is.", "list")),
                ("data", SchemaOf.List("The models.", new OpenApiSchemaReference(ModelEntry, _document))))));
        var one = Add(
            HttpMethod.Get, $"/v1/models/{{{EmbeddingsDoor.Model}}}", "retrieveModel", "A model for embeddings", "There is one.",
            new OpenApiSchemaReference(ModelEntry, _document));
        one.Parameters!.Add(new OpenApiParameter
        {
            Name = EmbeddingsDoor.Model,
            In = ParameterLocation.Path,
            Required = true,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Examples = [OpenAiCall.Model] },
            Description = $"`{OpenAiCall.Model}`.",
        });
        _errors.AddTo(one);
    }

    private OpenApiOperation Add(
        HttpMethod verb, string path, string id, string summary, string description, IOpenApiSchema answer, OpenApiRequestBody? body = null)
    {
        var operation = new OpenApiOperation
        {
            OperationId = id,
            Tags = new HashSet<OpenApiTagReference> { new(Tag, _document) },
            Summary = summary,
            Description = description,
            Parameters = [.. _parameters.Everywhere],
            RequestBody = body,
            Responses = new OpenApiResponses { ["200"] = _parameters.Answer("The answer.", Json(new OpenApiMediaType { Schema = answer })) },
        };
        _document.AddOperation(verb, path, operation);
        return operation;
    }

    private OpenApiRequestBody Request()
    {
        const string Name = "EmbeddingsRequest";
        var input = SchemaOf.Text("A text; or an image, as a data URI in base64 (`data:image/png;base64,…`) of a PNG or JPEG file.");
        var inputs = SchemaOf.List("Texts alone or images alone, at most `Router:MaxBatchSize` of them.", input);
        inputs.MinItems = 1;
        _document.AddComponent<IOpenApiSchema>(Name, SchemaOf.Object(
            null, "model input",
            ("model", SchemaOf.Choice("The one model.", OpenAiCall.Model)),
            ("input", SchemaOf.Any("What to embed.", input, inputs)),
            // As a default of the schema, some generators would take it for required.
            ("encoding_format", SchemaOf.Choice(
                "Whether embeddings are lists of numbers, the default, or base64 of little-endian FP32.", "float", "base64")),
            ("user", SchemaOf.Text("Accepted, without effect."))));
        return new OpenApiRequestBody
        {
            Required = true,
            Content = Json(new OpenApiMediaType
            {
                Schema = new OpenApiSchemaReference(Name, _document),
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["texts"] = Example(new JsonArray(RequestExamples.Report, "pleural effusion")),
                    ["image"] = Example($"data:image/png;base64,{RequestExamples.Picture}"),
                },
            }),
        };
    }

    private OpenApiSchemaReference Answer()
    {
        const string Name = "EmbeddingsResponse";
        var embedding = SchemaOf.Object(
            null, "object index embedding",
            ("object", SchemaOf.Choice("What this is.", "embedding")),
            ("index", SchemaOf.Count("The place of the input in the request, from 0.")),
            ("embedding", SchemaOf.Any(
                "[D]: numbers, or base64 of little-endian FP32, as encoding_format says.",
                SchemaOf.List(null, new OpenApiSchema { Type = JsonSchemaType.Number, Format = "float" }),
                new OpenApiSchema { Type = JsonSchemaType.String, ContentEncoding = "base64" })));
        _document.AddComponent<IOpenApiSchema>(Name, SchemaOf.Object(
            null, "object data model usage",
            ("object", SchemaOf.Choice("What this is.", "list")),
            ("data", SchemaOf.List("One for each input, in their order.", embedding)),
            ("model", SchemaOf.Choice("The model of the request.", OpenAiCall.Model)),
            ("usage", SchemaOf.Object(
                null, "prompt_tokens total_tokens",
                ("prompt_tokens", SchemaOf.Count("Tokens of the texts; an image has none.")),
                ("total_tokens", SchemaOf.Count("The same."))))));
        return new OpenApiSchemaReference(Name, _document);
    }

    private static Dictionary<string, IOpenApiMediaType> Json(OpenApiMediaType content) => new() { [MediaTypeNames.Application.Json] = content };

    private static OpenApiExample Example(JsonNode input) => new() { Value = new JsonObject { ["model"] = OpenAiCall.Model, ["input"] = input } };
}
