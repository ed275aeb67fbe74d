using System.Net.Mime;
using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Doors.Json;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>The methods of the mesh as operations, from the protos and their comments.</summary>
internal sealed class JsonOperations
{
    private readonly OpenApiDocument _document;
    private readonly MessageSchemas _schemas;
    private readonly ErrorResponses _errors;
    private readonly CommonParameters _parameters;

    public JsonOperations(OpenApiDocument document, CommonParameters parameters)
    {
        (_document, _parameters) = (document, parameters);
        _errors = new ErrorResponses(document, ErrorForm.Problem, new Dictionary<StatusCode, string> { [StatusCode.NotFound] = "no such service." });
        _schemas = new MessageSchemas(document, MessageForm.Proto, JsonRoutes.All.Select(route => route.Method.InputType));
    }

    public void Add()
    {
        foreach (var service in JsonRoutes.All.Select(route => route.Method.Service).Distinct())
        {
            _document.Tags!.Add(new OpenApiTag { Name = service.Name, Description = MethodComment.Of(service).Text });
        }
        foreach (var route in JsonRoutes.All)
        {
            _document.AddOperation(new HttpMethod(route.Verb), route.Path, Describe(route));
        }
    }

    private OpenApiOperation Describe(JsonRoute route)
    {
        var method = route.Method;
        var comment = MethodComment.Of(method);
        var operation = new OpenApiOperation
        {
            OperationId = $"{char.ToLowerInvariant(method.Name[0])}{method.Name[1..]}",
            Tags = new HashSet<OpenApiTagReference> { new(method.Service.Name, _document) },
            // A method without a comment of its own is all that its service does.
            Summary = comment.Text.Length > 0 ? comment.Summary : MethodComment.Of(method.Service).Summary,
            Description = comment.Text.Length > 0 ? comment.Text : MethodComment.Of(method.Service).Text,
            Parameters = [.. _parameters.Everywhere],
            RequestBody = HttpMethods.IsGet(route.Verb) ? null : Request(method),
            Responses = new OpenApiResponses { ["200"] = Answer(method) },
        };
        if (route.Path.Contains($"{{{JsonRoutes.Service}}}", StringComparison.Ordinal))
        {
            operation.Parameters.Add(_parameters.Service);
        }
        if (Holds(method.OutputType, WireTensor.Descriptor))
        {
            operation.Parameters.Add(_parameters.Tensors);
        }
        _errors.AddTo(operation, comment.Errors);
        return operation;
    }

    private OpenApiRequestBody Request(MethodDescriptor method)
    {
        var schema = _schemas.Of(method.InputType);
        var example = RequestExamples.Of(method.InputType);
        var content = new Dictionary<string, IOpenApiMediaType>();
        if (method.IsClientStreaming)
        {
            content[JsonDoor.Lines] = new OpenApiMediaType { Schema = schema, Example = example };
        }
        else
        {
            content[MediaTypeNames.Application.Json] = new OpenApiMediaType { Schema = schema, Example = example };
            if (JsonForm.Takes(method))
            {
                content[MediaTypeNames.Multipart.FormData] = Form(method.InputType);
            }
        }
        return new OpenApiRequestBody
        {
            Required = true,
            Content = content,
            Description = method.IsClientStreaming ? $"Lines, each a {method.InputType.Name} in JSON without line breaks." : null,
        };
    }

    private OpenApiResponse Answer(MethodDescriptor method) => _parameters.Answer(
        method.IsServerStreaming
            ? $"Lines, each a {method.OutputType.Name} in JSON, as they come. If the call fails after the first line, the last is "
                + "`{\"problem\": …}` with problem details."
            : "The answer.",
        new Dictionary<string, IOpenApiMediaType>
        {
            [method.IsServerStreaming ? JsonDoor.Lines : MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = _schemas.Of(method.OutputType),
            },
        });

    /// <summary>The same message as a form: the file as it is, and the rest in JSON or in parts of text.</summary>
    private OpenApiMediaType Form(MessageDescriptor type)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { JsonForm.File },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                [JsonForm.File] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    // Read by tools that are older than OpenAPI 3.1's content types.
                    Format = "binary",
                    ContentMediaType = MediaTypeNames.Application.Octet,
                    Description = "The file of the image, PNG or JPEG, without base64.",
                },
                [JsonForm.Request] = _schemas.Of(type),
            },
        };
        foreach (var field in type.Fields.InDeclarationOrder().Where(field => field is { FieldType: FieldType.String, IsMap: false }))
        {
            var text = new OpenApiSchema { Type = JsonSchemaType.String, Description = ProtoComments.Of(field) };
            schema.Properties[field.Name] = field.IsRepeated
                ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = text, Description = "One part for each." }
                : text;
        }
        return new OpenApiMediaType
        {
            Schema = schema,
            Encoding = new Dictionary<string, OpenApiEncoding>
            {
                [JsonForm.File] = new()
                {
                    ContentType = $"{MediaTypeNames.Image.Png}, {MediaTypeNames.Image.Jpeg}, {MediaTypeNames.Application.Octet}",
                },
                [JsonForm.Request] = new() { ContentType = MediaTypeNames.Application.Json },
            },
        };
    }

    private static bool Holds(MessageDescriptor type, MessageDescriptor part) => type == part
        || type.Fields.InDeclarationOrder().Any(field => field is { FieldType: FieldType.Message, IsMap: false } && Holds(field.MessageType, part));
}
