using MedMoE.Mesh.Gateway.Doors.Json;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>Parameters that many operations have, as components of the document.</summary>
internal sealed class CommonParameters
{
    public const string RequestId = "x-request-id";

    private const string Timeout = "request-timeout";

    private const string TensorsName = "tensors";

    private readonly OpenApiDocument _document;

    /// <param name="document">Where the parameters go.</param>
    public CommonParameters(OpenApiDocument document)
    {
        _document = document;
        Add(TensorsName, ParameterLocation.Query, new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["base64", "values"], Default = "base64" }, """
            How tensors are written in the answer: their bytes in base64, in `data`, or their elements as numbers, in `values`, which is about three times as long.
            """);
        Add(JsonRoutes.Service, ParameterLocation.Path, new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["expert-xray"] }, """
            Name of the service, as `backbone`, `text-encoder` or `expert-xray`.
            """);
        Add(Timeout, ParameterLocation.Header, new OpenApiSchema { Type = JsonSchemaType.Number, ExclusiveMinimum = "0", Examples = [2.5] }, """
            Seconds that the call may take. Then it ends with 504, and work that has not begun is dropped.
            """);
        Add(RequestId, ParameterLocation.Header, IdSchema(), "Id of the request, which logs of the mesh and the answer have. Nothing about a patient. Default: a new one.");
    }

    public IOpenApiParameter Tensors => Reference(TensorsName);

    public IOpenApiParameter Service => Reference(JsonRoutes.Service);

    /// <summary>Parameters of every operation.</summary>
    public IReadOnlyList<IOpenApiParameter> Everywhere => [Reference(Timeout), Reference(RequestId)];

    public IOpenApiHeader RequestIdOfAnswer { get; } = new OpenApiHeader { Description = "The request's id.", Schema = IdSchema() };

    private static OpenApiSchema IdSchema() => new() { Type = JsonSchemaType.String, Pattern = "^[A-Za-z0-9_-]{1,64}$" };

    private void Add(string name, ParameterLocation place, OpenApiSchema schema, string description) => _document.AddComponent<IOpenApiParameter>(
        name, new OpenApiParameter { Name = name, In = place, Required = place == ParameterLocation.Path, Schema = schema, Description = description.Trim() });

    private OpenApiParameterReference Reference(string name) => new(name, _document);
}
