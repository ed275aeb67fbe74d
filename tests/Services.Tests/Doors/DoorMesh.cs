using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Services.Tests.Doors.Wrong;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Services.Tests.Doors;

/// <summary>A mesh for the tests of a class, asked over HTTP; many of their requests are wrong, and the limit of failed calls is off.</summary>
public sealed class DoorMesh : IAsyncLifetime
{
    private RunningMesh _mesh = null!;
    private HttpClient _http = null!;

    internal RouterService.RouterServiceClient Client => _mesh.Client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _mesh = await RunningMesh.Start(new MeshPlan { Gateway = ["Gateway:FailuresPerSecond=0"] });
        _http = new HttpClient { BaseAddress = _mesh.Gateway.Http };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _mesh.DisposeAsync();
    }

    internal Task<HttpResponseMessage> Get(string path) => _http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);

    internal async Task<HttpResponseMessage> Post(
        string path, ReadOnlyMemory<byte> body, string type = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        // A large body is sent only if it is taken.
        request.Headers.ExpectContinue = body.Length > 1 << 20;
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        return await _http.SendAsync(request, Cancellation);
    }

    internal Task<HttpResponseMessage> Post(string path, string json) => Post(path, Encoding.UTF8.GetBytes(json));

    internal async Task<Refusal> Refused(ModelInferRequest request)
    {
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_mesh.Gateway.Channel);
        return Refusal.Of(
            await Assert.ThrowsAsync<RpcException>(() => client.ModelInferAsync(request, cancellationToken: Cancellation).ResponseAsync));
    }

    /// <summary>The JSON of an answer with this status.</summary>
    internal static async Task<JsonElement> Json(Task<HttpResponseMessage> answer, int status = 200)
    {
        using var response = await answer;
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    internal static void AssertNear(WireTensor expected, IReadOnlyCollection<float> answer)
    {
        long[] shape = [.. expected.Shape];
        var numbers = WireTensors.ToSingles(expected, "", shape);
        Assert.Equal(numbers.Length, answer.Count);
        Assert.InRange(numbers.Zip(answer).Max(pair => Math.Abs(pair.First - pair.Second)), 0, 1e-6f);
    }

    internal static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetSingle())];
}
