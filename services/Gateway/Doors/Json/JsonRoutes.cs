using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace MedMoE.Mesh.Gateway.Doors.Json;

/// <summary>A method of the mesh as an HTTP request.</summary>
/// <param name="Verb">The HTTP method. GET where the request message is empty.</param>
/// <param name="Path">
/// The path. A parameter in braces names the service, for methods that several services answer: see <see cref="JsonRoutes.Service"/>.
/// </param>
/// <param name="Method">The method of the mesh. Streams of it are JSON lines.</param>
internal sealed record JsonRoute(string Verb, string Path, MethodDescriptor Method);

internal static class JsonRoutes
{
    /// <summary>The path's parameter with the name of a service, such as <c>backbone</c> or <c>expert-ct</c>.</summary>
    public const string Service = "service";

    /// <summary>Every method of the mesh has one.</summary>
    public static IReadOnlyList<JsonRoute> All { get; } =
    [
        Post("/v1/analyze", RouterService.Descriptor, "Analyze"),
        Post("/v1/analyze/stream", RouterService.Descriptor, "AnalyzeStream"),
        Post("/v1/classify", RouterService.Descriptor, "Classify"),
        Post("/v1/embed/image", RouterService.Descriptor, "EmbedImage"),
        Post("/v1/embed/text", RouterService.Descriptor, "EmbedText"),
        Get("/v1/experts", RouterService.Descriptor, "ListExperts"),
        Post("/v1/text/encode", TextEncoderService.Descriptor, "Encode"),
        Post("/v1/image/extract-pyramid", BackboneService.Descriptor, "ExtractPyramid"),
        Post($"/v1/services/{{{Service}}}/localize", ExpertService.Descriptor, "Localize"),
        Get($"/v1/services/{{{Service}}}/model", ModelService.Descriptor, "GetModel"),
    ];

    private static JsonRoute Post(string path, ServiceDescriptor service, string method) => new("POST", path, service.FindMethodByName(method));

    private static JsonRoute Get(string path, ServiceDescriptor service, string method) => new("GET", path, service.FindMethodByName(method));
}
