using System.Buffers;
using System.Net.Mime;
using System.Text.Json;
using MedMoE.Mesh.OpenInference;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>A call of the Open Inference Protocol over HTTP. Its errors are <c>{"error": "…"}</c>.</summary>
internal abstract class InferenceCall(HttpRequest request, string method)
    : DoorCall(request, GRPCInferenceService.Descriptor.FindMethodByName(method))
{
    public override string Protocol => "open-inference-http";

    public override string AnswerType => MediaTypeNames.Application.Json;

    public override void WriteFailure(Problem problem, HttpResponse response)
    {
        problem.WriteHead(response);
        response.ContentType = MediaTypeNames.Application.Json;
        WriteEnd(problem, response.BodyWriter);
    }

    public override void WriteEnd(Problem problem, IBufferWriter<byte> body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("error", problem.Detail);
        json.WriteEndObject();
    }
}
