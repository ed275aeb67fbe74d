using System.Net;
using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;

namespace MedMoE.Mesh.Services.Tests.Doors.Wrong;

/// <summary>A request that a door refuses.</summary>
/// <param name="Name">Its own in the table.</param>
/// <param name="Status">The code of gRPC or the status of HTTP.</param>
/// <param name="Message">How the message begins: with the field, where the request's content is at fault.</param>
/// <param name="Send">Sends it.</param>
internal sealed record WrongCase(string Name, string Status, string Message, Func<DoorMesh, Task<Refusal>> Send)
{
    public async Task Check(DoorMesh mesh)
    {
        var refusal = await Send(mesh);
        Assert.Equal((Name, Status), (Name, refusal.Status));
        Assert.StartsWith(Message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Status is "InvalidArgument" or "400" ? Message.Split(": ")[0] : null, refusal.Field);
    }
}

/// <summary>What a door answered.</summary>
/// <param name="Status">The code of gRPC or the status of HTTP.</param>
/// <param name="Message">One line.</param>
/// <param name="Field">The field as a program finds it in the answer.</param>
internal sealed record Refusal(string Status, string Message, string? Field)
{
    public static Refusal Of(RpcException refused) => new($"{refused.StatusCode}", refused.Status.Detail, refused.FieldFault()?.Field);

    /// <summary>In the form of the path's protocol.</summary>
    public static async Task<Refusal> Of(string path, HttpResponseMessage response)
    {
        var (status, text) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.False(response.IsSuccessStatusCode, text);
        var answer = JsonDocument.Parse(text).RootElement;
        var (message, field) =
            response.Content.Headers.ContentType?.MediaType == "application/problem+json" ? (Text(answer, "detail"), FieldOf(answer))
            : path == "/v1/embeddings" ? (Text(answer.GetProperty("error"), "message"), Text(answer.GetProperty("error"), "param"))
            : InferenceError(answer, status);
        return new Refusal($"{status}", message!, field);
    }

    /// <summary>The protocol has but a text.</summary>
    private static (string? Message, string? Field) InferenceError(JsonElement answer, int status)
    {
        var message = Text(answer, "error");
        return (message, status == (int)HttpStatusCode.BadRequest ? message?.Split(": ")[0] : null);
    }

    private static string? FieldOf(JsonElement problem) =>
        problem.TryGetProperty("errors", out var errors) ? Text(Assert.Single(errors.EnumerateArray()), "field") : null;

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
