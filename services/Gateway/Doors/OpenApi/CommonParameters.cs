using MedMoE.Mesh.Gateway.Doors.Json;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>What many operations have: parameters, as components of the document, and the head of an answer.</summary>
internal sealed class CommonParameters
{
    private readonly OpenApiDocument _document;
    private readonly Dictionary<string, IOpenApiHeader> _answerHeaders = new()
    {
        [RequestId.Header] = new OpenApiHeader { Description = "The request's id.", Schema = IdSchema() },
        [VersionHeader.Name] = new OpenApiHeader
        {
            Description = "The version of the model that answered.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        },
    };

    /// <remarks>The page to try requests fills in what has an example: a header that a request need not have gets none.</remarks>
    /// <param name="document">Where the parameters go.</param>
    public CommonParameters(OpenApiDocument document)
    {
        _document = document;
        Add(
            JsonDoor.Tensors, ParameterLocation.Query,
            new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["base64", "values"], Default = "base64" },
            "How tensors are written in the answer: their bytes in base64, in `data`, or their elements as numbers, in `values`.");
        Add(
            JsonRoutes.Service, ParameterLocation.Path,
            new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["expert-xray"] },
            $"Name of the service, as `{MeshService.Backbone.Name}`, `{MeshService.TextEncoder.Name}` or `{MeshService.ExpertNamed("xray").Name}`.");
        Add(
            DoorContext.Timeout, ParameterLocation.Header,
            new OpenApiSchema { Type = JsonSchemaType.Number, ExclusiveMinimum = "0" },
            "Seconds that the call may take, as 2.5. Then it ends with 504, and work that has not begun is dropped.");
        Add(
            RequestId.Header, ParameterLocation.Header, IdSchema(),
            "Id of the request, which the answer and logs of the mesh have; nothing about a patient. Default: a new one.");
        Add(
            VersionHeader.Name, ParameterLocation.Header, new OpenApiSchema { Type = JsonSchemaType.String },
            "The version of the model that shall answer, as `medmoe/1.0`. Default: the one that serves, or one on trial.");
    }

    public IOpenApiParameter Tensors => Reference(JsonDoor.Tensors);

    public IOpenApiParameter Service => Reference(JsonRoutes.Service);

    /// <summary>Parameters of every operation.</summary>
    public IReadOnlyList<IOpenApiParameter> Everywhere =>
        [Reference(DoorContext.Timeout), Reference(RequestId.Header), Reference(VersionHeader.Name)];

    /// <summary>An answer, with the headers of answers.</summary>
    public OpenApiResponse Answer(string description, Dictionary<string, IOpenApiMediaType> content) => new()
    {
        Description = description,
        Headers = _answerHeaders,
        Content = content,
    };

    private static OpenApiSchema IdSchema() => new() { Type = JsonSchemaType.String, Pattern = "^[A-Za-z0-9_-]{1,64}$" };

    /// <summary>Adds a parameter to the document.</summary>
    /// <returns>A reference to it.</returns>
    public IOpenApiParameter Add(string name, ParameterLocation place, OpenApiSchema schema, string description)
    {
        var isRequired = place == ParameterLocation.Path;
        var parameter = new OpenApiParameter { Name = name, In = place, Required = isRequired, Schema = schema, Description = description };
        _document.AddComponent<IOpenApiParameter>(name, parameter);
        return Reference(name);
    }

    private OpenApiParameterReference Reference(string name) => new(name, _document);
}
