using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>In which form a door tells that a request failed.</summary>
/// <param name="Name">Name of its schema.</param>
/// <param name="ContentType">Content type of the answer.</param>
/// <param name="Schema">The answer.</param>
internal sealed record ErrorForm(string Name, string ContentType, OpenApiSchema Schema)
{
    public static ErrorForm Problem => new("Problem", MediaTypeNames.Application.ProblemJson, CreateProblem());

    public static ErrorForm Inference => new(
        "InferenceError", MediaTypeNames.Application.Json,
        SchemaOf.Object("An error of the Open Inference Protocol.", "error", ("error", SchemaOf.Text("What is wrong, in one line."))));

    public static ErrorForm OpenAi => new(
        "OpenAiError", MediaTypeNames.Application.Json,
        SchemaOf.Object("An error in the shape of OpenAI's API.", "error", ("error", SchemaOf.Object(
            null, "message type param code",
            ("message", SchemaOf.Text("What is wrong, in one line.")),
            ("type", SchemaOf.Choice(
                "What kind of error it is.",
                "invalid_request_error", "authentication_error", "permission_error", "rate_limit_error", "server_error")),
            ("param", new OpenApiSchema
            {
                Type = JsonSchemaType.String | JsonSchemaType.Null,
                Description = "The invalid field, as input[1], where it is known.",
            }),
            ("code", SchemaOf.Text("`model_not_found`, or the gRPC status, as INVALID_ARGUMENT."))))));

    private static OpenApiSchema CreateProblem()
    {
        var schema = SchemaOf.Object(
            "Problem details (RFC 9457).", "type title status detail code",
            ("type", SchemaOf.Text("Always about:blank: status and code say what kind of problem it is.")),
            ("title", SchemaOf.Text("The name of the HTTP status.")),
            ("status", new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The HTTP status." }),
            ("detail", SchemaOf.Text("What is wrong, in one line: the field, the limit with its setting, or the service.")),
            ("code", SchemaOf.Text("The gRPC status, as INVALID_ARGUMENT.")),
            ("errors", SchemaOf.List("The invalid fields, where they are known.", SchemaOf.Object(
                null, "field reason",
                ("field", SchemaOf.Text("Path of the field in the names of the protos, as classes[1].prompts; body for the request as a whole.")),
                ("reason", SchemaOf.Text("What is wrong with it. Values of the request are not repeated."))))),
            ("service", SchemaOf.Text("The service that the error came from, where it is known.")),
            ("request", SchemaOf.Text("The request's id, as in the header x-request-id and in logs.")));
        schema.Examples =
        [
            JsonNode.Parse(
                """
                {
                  "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "image.encoded: is not base64", "code": "INVALID_ARGUMENT",
                  "errors": [{ "field": "image.encoded", "reason": "is not base64" }], "request": "4f1c0a9e6b7d2c35"
                }
                """)!,
        ];
        return schema;
    }
}
