using System.Globalization;
using System.Net.Mime;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>The answers of requests that fail: problem details, under the HTTP status that belongs to the gRPC status.</summary>
internal sealed class ProblemResponses
{
    private const string Schema = "Problem";

    /// <summary>HTTP statuses that every request may get, the gRPC status behind each, and what it means beyond what the protos say.</summary>
    private static readonly (int Http, StatusCode Code, string Text)[] _common =
    [
        (StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, ""),
        (StatusCodes.Status401Unauthorized, StatusCode.Unauthenticated, "The key or token is missing, unknown or expired."),
        (StatusCodes.Status403Forbidden, StatusCode.PermissionDenied, "The caller lacks the right for this."),
        (StatusCodes.Status413PayloadTooLarge, StatusCode.ResourceExhausted, "The body is over `Serving:MaxMessageBytes`, by default 32 MiB."),
        (StatusCodes.Status415UnsupportedMediaType, StatusCode.InvalidArgument, "The content type is none of those listed, or it is compressed."),
        (StatusCodes.Status429TooManyRequests, StatusCode.ResourceExhausted, ""),
        (StatusCodes.Status500InternalServerError, StatusCode.Unknown, "An error that the mesh does not expect: a bug."),
        (StatusCodes.Status503ServiceUnavailable, StatusCode.Unavailable, ""),
        (StatusCodes.Status504GatewayTimeout, StatusCode.DeadlineExceeded, ""),
    ];

    private static readonly EnumDescriptor _codes = CodeReflection.Descriptor.EnumTypes[0];

    private readonly OpenApiDocument _document;

    /// <param name="document">Where the schema and the common responses go.</param>
    /// <param name="everywhere">The comment that says what errors mean for every call.</param>
    public ProblemResponses(OpenApiDocument document, MethodComment everywhere)
    {
        _document = document;
        document.AddComponent<IOpenApiSchema>(Schema, CreateSchema());
        foreach (var (http, code, text) in _common)
        {
            document.AddComponent<IOpenApiResponse>(Name(http), Create(code, text.Length > 0 ? text : everywhere.Errors[code]));
        }
    }

    /// <summary>A reference to the schema of problem details.</summary>
    public IOpenApiSchema Problem => new OpenApiSchemaReference(Schema, _document);

    /// <summary>Adds what can go wrong with an operation: what every request may get, and in place of it what the method's comment says.</summary>
    public void AddTo(OpenApiResponses responses, IReadOnlyDictionary<StatusCode, string> own, bool hasBody)
    {
        foreach (var (http, code, text) in _common)
        {
            if (!hasBody && http is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType)
            {
                continue;
            }
            responses[http.ToString(CultureInfo.InvariantCulture)] = text.Length == 0 && own.TryGetValue(code, out var reason)
                ? Create(code, reason)
                : new OpenApiResponseReference(Name(http), _document);
        }
    }

    private static string Name(int http) => string.Create(CultureInfo.InvariantCulture, $"Status{http}");

    private OpenApiResponse Create(StatusCode code, string text) => new()
    {
        Description = $"`{_codes.FindValueByNumber((int)code).Name}`: {text}",
        Content = new Dictionary<string, IOpenApiMediaType> { [MediaTypeNames.Application.ProblemJson] = new OpenApiMediaType { Schema = Problem } },
    };

    private static OpenApiSchema CreateSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Problem details (RFC 9457).",
        Required = new HashSet<string> { "type", "title", "status", "detail", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("Always about:blank: status and code say what kind of problem it is."),
            ["title"] = Text("The name of the HTTP status."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The HTTP status." },
            ["detail"] = Text("What is wrong, in one line: the field, the limit with its setting, or the service."),
            ["code"] = Text("The gRPC status, as INVALID_ARGUMENT."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Description = "The invalid fields, where they are known.",
                Items = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "field", "reason" },
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["field"] = Text("Path of the field in the names of the protos, as classes[1].prompts; body for the request as a whole."),
                        ["reason"] = Text("What is wrong with it. Values of the request are not repeated."),
                    },
                },
            },
            ["service"] = Text("The service that the error came from, where it is known."),
            ["request"] = Text("The request's id, as in the header x-request-id and in logs."),
        },
        Examples =
        [
            JsonNode.Parse(
                """
                {
                  "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "image.encoded: is not base64", "code": "INVALID_ARGUMENT",
                  "errors": [{ "field": "image.encoded", "reason": "is not base64" }], "request": "4f1c0a9e6b7d2c35"
                }
                """)!,
        ],
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
