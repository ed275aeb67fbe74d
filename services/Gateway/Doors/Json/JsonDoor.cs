using System.Net.Mime;
using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Json;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Gateway.Doors.Json;

/// <summary>The methods of the mesh in JSON (<see cref="JsonRoutes"/>), images also as uploaded files, and streams as JSON lines.</summary>
internal sealed class JsonDoor : IDoor
{
    public const string Lines = "application/x-ndjson";

    /// <summary>Parameter of the query: how tensors are written in the answer.</summary>
    public const string Tensors = "tensors";

    private const int MaxNameLength = 64;

    private const string OtherLines = "application/jsonl";

    public IReadOnlyList<DoorRoute> Routes { get; } =
        [.. JsonRoutes.All.Select(route => new DoorRoute(route.Verb, route.Path, request => Open(request, route.Method)))];

    private static JsonCall Open(HttpRequest request, MethodDescriptor method)
    {
        RequireKnown(request.Query.Keys);
        var call = HttpMethods.IsGet(request.Method) ? new JsonCall(request, method, TensorsOf(request), null)
            : new JsonCall(request, method, TensorsOf(request), BoundaryOf(request, method));
        if (request.RouteValues.TryGetValue(JsonRoutes.Service, out var value) && value is string name)
        {
            // A name of no service matches no route, which the caller is told if it may call at all.
            call.Metadata[ServiceHeader.Name] = MeshService.Find(name) is { } service ? ServiceHeader.ValueOf(service) : name;
        }
        return call;
    }

    /// <summary>A parameter with a typing error would be ignored, and the answer of another form than its caller wants.</summary>
    private static void RequireKnown(IEnumerable<string> parameters)
    {
        if (parameters.FirstOrDefault(name => !name.Equals(Tensors, StringComparison.OrdinalIgnoreCase)) is { } unknown)
        {
            // Only what looks like a name: it may be anything.
            throw Invalid(
                unknown.Length is > 0 and <= MaxNameLength && unknown.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? unknown : "query",
                $"there is no such parameter; {NearestName.Hint(unknown, [Tensors])}");
        }
    }

    private static TensorFormat TensorsOf(HttpRequest request)
    {
        var text = request.Query[Tensors].ToString();
        return text.Length == 0 ? TensorFormat.Base64
            : Enum.GetValues<TensorFormat>().Where(format => text == format.ToString().ToLowerInvariant()).Select(format => (TensorFormat?)format)
                .FirstOrDefault() ?? throw Invalid(Tensors, "expected base64 or values");
    }

    /// <summary>The boundary of the parts of a form; null for JSON.</summary>
    private static string? BoundaryOf(HttpRequest request, MethodDescriptor method)
    {
        var accepted = method.IsClientStreaming ? [Lines, OtherLines]
            : JsonForm.Takes(method) ? [MediaTypeNames.Application.Json, MediaTypeNames.Multipart.FormData]
            : (string[])[MediaTypeNames.Application.Json];
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !accepted.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            || request.Headers.ContentEncoding.Count > 0)
        {
            var expected = $"content-type: expected {string.Join(" or ", accepted)}, in UTF-8, not encoded";
            throw new DoorException(new Problem(StatusCode.InvalidArgument, expected) { HttpStatus = StatusCodes.Status415UnsupportedMediaType });
        }
        if (!type.MediaType.Equals(MediaTypeNames.Multipart.FormData, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary);
        return boundary.Length is > 0 and <= JsonForm.MaxBoundary ? boundary.Value
            : throw Invalid("content-type", $"expected a boundary of 1 to {JsonForm.MaxBoundary} characters");
    }

    private static DoorException Invalid(string field, string reason)
    {
        var fault = new InvalidFieldException(field, reason);
        return new DoorException(new Problem(StatusCode.InvalidArgument, fault.Message) { Fields = [fault] });
    }
}
