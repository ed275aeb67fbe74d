namespace MedMoE.Mesh.Gateway.Doors.Embeddings;

/// <summary>Embeddings and the list of models in the shape of OpenAI's API.</summary>
internal sealed class EmbeddingsDoor : IDoor
{
    public const string Model = "model";

    public IReadOnlyList<DoorRoute> Routes { get; } =
    [
        new(HttpMethods.Post, "/v1/embeddings", request => new EmbeddingsCall(request)),
        new(HttpMethods.Get, "/v1/models", request => new ModelsCall(request, name: null)),
        new(HttpMethods.Get, $"/v1/models/{{{Model}}}", request => new ModelsCall(request, request.RouteValues[Model] as string)),
    ];
}
