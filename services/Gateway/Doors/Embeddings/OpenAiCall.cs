using System.Buffers;
using System.Net.Mime;
using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Gateway.Doors.Embeddings;

/// <summary>A call in the shape of OpenAI's API, with its form of errors.</summary>
internal abstract class OpenAiCall(HttpRequest request, string method)
    : DoorCall(request, GRPCInferenceService.Descriptor.FindMethodByName(method))
{
    /// <summary>The one model that clients see: the mesh.</summary>
    public const string Model = "medmoe";

    public override string Protocol => "openai";

    public override string AnswerType => MediaTypeNames.Application.Json;

    public override void WriteFailure(Problem problem, HttpResponse response)
    {
        problem.WriteHead(response);
        response.ContentType = MediaTypeNames.Application.Json;
        WriteEnd(problem, response.BodyWriter);
    }

    public override void WriteEnd(Problem problem, IBufferWriter<byte> body)
    {
        // What the router says names a field of the call.
        var fault = problem.Fields is [var first, ..] ? new InvalidFieldException(ParameterOf(first.Field), first.Reason) : null;
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", fault?.Message ?? problem.Detail);
        json.WriteString("type", problem.HttpStatus switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status403Forbidden => "permission_error",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            >= StatusCodes.Status500InternalServerError => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("param", fault?.Field);
        json.WriteString("code", problem.Code == StatusCode.NotFound ? "model_not_found" : problem.CodeName);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The caller's name of a field of the call.</summary>
    protected virtual string ParameterOf(string field) => field;
}
