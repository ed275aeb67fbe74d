using Google.Protobuf;
using MedMoE.Mesh.OpenInference;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>The Open Inference Protocol over HTTP, with Triton's binary tensors: /v2 and what is below it.</summary>
internal sealed class InferenceDoor : IDoor
{
    public const string Model = "model";
    public const string Version = "version";

    public IReadOnlyList<DoorRoute> Routes { get; } =
    [
        Get("/v2", "ServerMetadata", _ => new ServerMetadataRequest()),
        Get("/v2/health/live", "ServerLive", _ => new ServerLiveRequest()),
        Get("/v2/health/ready", "ServerReady", _ => new ServerReadyRequest()),
        // Before those of a model: "stats" is none.
        Get("/v2/models/stats", "ModelStatistics", _ => new ModelStatisticsRequest()),
        .. OfModel("", "ModelMetadata", route => new ModelMetadataRequest { Name = Text(route, Model), Version = Text(route, Version) }),
        .. OfModel("/ready", "ModelReady", route => new ModelReadyRequest { Name = Text(route, Model), Version = Text(route, Version) }),
        .. OfModel("/config", "ModelConfig", route => new ModelConfigRequest { Name = Text(route, Model), Version = Text(route, Version) }),
        .. OfModel("/stats", "ModelStatistics", route => new ModelStatisticsRequest { Name = Text(route, Model), Version = Text(route, Version) }),
        .. Paths("/infer").Select(path => new DoorRoute(HttpMethods.Post, path, request =>
            new InferCall(request, Text(request.RouteValues, Model), Text(request.RouteValues, Version)))),
        new DoorRoute(HttpMethods.Post, "/v2/repository/index", request => new IndexCall(request)),
    ];

    private static IEnumerable<DoorRoute> OfModel(string below, string method, Func<RouteValueDictionary, IMessage> read) =>
        Paths(below).Select(path => Get(path, method, read));

    private static IEnumerable<string> Paths(string below) =>
        [$"/v2/models/{{{Model}}}{below}", $"/v2/models/{{{Model}}}/versions/{{{Version}}}{below}"];

    private static DoorRoute Get(string path, string method, Func<RouteValueDictionary, IMessage> read) =>
        new(HttpMethods.Get, path, request => new QuestionCall(request, method, read(request.RouteValues)));

    private static string Text(RouteValueDictionary route, string name) => route[name] as string ?? "";
}
