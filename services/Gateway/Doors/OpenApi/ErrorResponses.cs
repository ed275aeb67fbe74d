using System.Globalization;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using MedMoE.Mesh.V1;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>The answers of a door's requests that fail, under the HTTP status that belongs to the gRPC status.</summary>
internal sealed class ErrorResponses
{
    /// <summary>HTTP statuses that requests may get, the gRPC status behind each, and what it means beyond what the protos say.</summary>
    private static readonly (int Http, StatusCode Code, string Text)[] _common =
    [
        (StatusCodes.Status400BadRequest, StatusCode.InvalidArgument, ""),
        (StatusCodes.Status401Unauthorized, StatusCode.Unauthenticated, "The key or token is missing, unknown or expired."),
        (StatusCodes.Status403Forbidden, StatusCode.PermissionDenied, "The caller lacks the right for this."),
        (StatusCodes.Status404NotFound, StatusCode.NotFound, ""),
        (StatusCodes.Status413PayloadTooLarge, StatusCode.ResourceExhausted, "The body is over `Serving:MaxMessageBytes`, by default 32 MiB."),
        (StatusCodes.Status415UnsupportedMediaType, StatusCode.InvalidArgument, "The content type is none of those listed, or it is compressed."),
        (StatusCodes.Status429TooManyRequests, StatusCode.ResourceExhausted, ""),
        (StatusCodes.Status500InternalServerError, StatusCode.Unknown, "An error that the mesh does not expect: a bug."),
        (StatusCodes.Status503ServiceUnavailable, StatusCode.Unavailable, ""),
        (StatusCodes.Status504GatewayTimeout, StatusCode.DeadlineExceeded, ""),
    ];

    private static readonly EnumDescriptor _codes = CodeReflection.Descriptor.EnumTypes[0];
    private static readonly Dictionary<StatusCode, string> _none = [];

    private readonly OpenApiDocument _document;
    private readonly ErrorForm _form;

    /// <param name="document">Where the schema and the common responses go.</param>
    /// <param name="form">The form of the errors.</param>
    /// <param name="own">What statuses mean at this door, in place of what the protos say of every call.</param>
    public ErrorResponses(OpenApiDocument document, ErrorForm form, IReadOnlyDictionary<StatusCode, string> own)
    {
        (_document, _form) = (document, form);
        var everywhere = MethodComment.Of(RouterService.Descriptor).Errors;
        document.AddComponent<IOpenApiSchema>(form.Name, form.Schema);
        foreach (var (http, code, text) in _common)
        {
            var meaning = text.Length > 0 ? text : own.TryGetValue(code, out var here) ? here : everywhere[code];
            document.AddComponent<IOpenApiResponse>(Name(http), Create(code, meaning));
        }
    }

    /// <summary>A reference to the schema of an error.</summary>
    public IOpenApiSchema Schema => new OpenApiSchemaReference(_form.Name, _document);

    /// <summary>Adds what can go wrong with an operation: what every request may get, and in place of it what is said of this one.</summary>
    public void AddTo(OpenApiOperation operation, IReadOnlyDictionary<StatusCode, string>? own = null)
    {
        own ??= _none;
        var hasBody = operation.RequestBody is not null;
        var hasName = own.ContainsKey(StatusCode.NotFound) || operation.Parameters!.Any(parameter => parameter.In == ParameterLocation.Path);
        foreach (var (http, code, text) in _common)
        {
            if (http switch
            {
                StatusCodes.Status404NotFound => hasName,
                StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType => hasBody,
                _ => true,
            })
            {
                operation.Responses![http.ToString(CultureInfo.InvariantCulture)] = text.Length == 0 && own.TryGetValue(code, out var reason)
                    ? Create(code, reason)
                    : new OpenApiResponseReference(Name(http), _document);
            }
        }
    }

    private string Name(int http) => string.Create(CultureInfo.InvariantCulture, $"{_form.Name}{http}");

    private OpenApiResponse Create(StatusCode code, string text) => new()
    {
        Description = $"`{_codes.FindValueByNumber((int)code).Name}`: {text}",
        Content = new Dictionary<string, IOpenApiMediaType> { [_form.ContentType] = new OpenApiMediaType { Schema = Schema } },
    };
}
