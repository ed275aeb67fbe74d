using MedMoE.Mesh.Wire.Transport;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>The description of everything that the HTTP port answers, in OpenAPI 3.1.</summary>
internal static class ApiDocument
{
    private const string Bearer = "bearer";
    private const string Key = "key";

    private const string About =
        """
        Analyses medical images together with their reports. Messages are those of the mesh's gRPC contract in protobuf's JSON: bytes are base64,
        64-bit integers may be text, and names are lowerCamelCase; the names of the protos are read, too. Unknown fields are refused. A field that is
        null counts as absent. Errors are problem details (RFC 9457). Nothing that a request holds is repeated in them.

        The Open Inference Protocol and OpenAI's embeddings, for clients made for them, have forms of their own, of errors, too.
        """;

    public static OpenApiDocument Create()
    {
        var document = new OpenApiDocument
        {
            Info = new OpenApiInfo
            {
                Title = "MedMoE.Mesh",
                Version = typeof(ApiDocument).Assembly.GetName().Version!.ToString(3),
                Description = About,
                License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            },
            // The server that the document was read from.
            Servers = [new OpenApiServer { Url = "/" }],
            Tags = new HashSet<OpenApiTag>(),
            Paths = [],
        };
        var parameters = new CommonParameters(document);
        new JsonOperations(document, parameters).Add();
        new InferenceOperations(document, parameters).Add();
        new EmbeddingsOperations(document, parameters).Add();
        AddSecurity(document);
        return document;
    }

    /// <summary>Adds the one operation of a path.</summary>
    public static void AddOperation(this OpenApiDocument document, HttpMethod verb, string path, OpenApiOperation operation)
    {
        var item = new OpenApiPathItem();
        item.AddOperation(verb, operation);
        document.Paths[path] = item;
    }

    private static void AddSecurity(OpenApiDocument document)
    {
        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A key of the gateway's list of callers (`mesh key create`), or a token of the issuer that it trusts.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Key, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = CallerHeaders.ApiKey,
            Description = "The same key in a header of its own.",
        });
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] },
            // Gateways without a list of callers, and callers with a certificate.
            [],
        ];
    }
}
