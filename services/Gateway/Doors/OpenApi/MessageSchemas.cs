using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>The messages of the protos as schemas of their JSON, each a component of the document.</summary>
internal sealed class MessageSchemas
{
    private readonly OpenApiDocument _document;
    private readonly MessageForm _form;
    private readonly HashSet<MessageDescriptor> _sent = [];

    /// <param name="document">Where the schemas go.</param>
    /// <param name="form">The form of the JSON.</param>
    /// <param name="requests">Messages that callers write. What they hold is optional; what only answers hold is always there.</param>
    public MessageSchemas(OpenApiDocument document, MessageForm form, params IEnumerable<MessageDescriptor> requests)
    {
        (_document, _form) = (document, form);
        foreach (var request in requests)
        {
            AddSent(request);
        }
    }

    /// <summary>A reference to the schema of a message, which is made if it is not there yet.</summary>
    public IOpenApiSchema Of(MessageDescriptor type)
    {
        var name = _form.Prefix + type.Name;
        if (_document.Components?.Schemas?.ContainsKey(name) is not true)
        {
            var schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = Text(type),
                Properties = new Dictionary<string, IOpenApiSchema>(),
            };
            // Before its fields: a message may hold itself.
            _document.AddComponent<IOpenApiSchema>(name, schema);
            Fill(schema, type);
        }
        return new OpenApiSchemaReference(name, _document);
    }

    private void Fill(OpenApiSchema schema, MessageDescriptor type)
    {
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            schema.Properties![_form.NameOf(field)] = Of(field);
        }
        if (type == WireTensor.Descriptor)
        {
            schema.Properties!["values"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = JsonSchemaType.Number, Format = "float" },
                Description = "In place of data: the elements as numbers, row-major. Requests may have either, with FP32 as the default type; "
                    + "answers have values where the parameter tensors asks for them.",
            };
        }
        if (type.RealOneofCount > 0 && type.Fields.InDeclarationOrder().All(field => field.RealContainingOneof is not null))
        {
            schema.MinProperties = schema.MaxProperties = 1;
        }
        if (!_sent.Contains(type))
        {
            var present = type.Fields.InDeclarationOrder().Where(field => !field.HasPresence).Select(_form.NameOf);
            schema.Required = new HashSet<string>(present);
        }
    }

    private IOpenApiSchema Of(FieldDescriptor field)
    {
        var schema = field.IsMap ? new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = OfElement(field.MessageType.Fields[2]) }
            : field.IsRepeated ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = OfElement(field) }
            : OfElement(field);
        if (field.RealContainingOneof is { } choice)
        {
            var others = choice.Fields.Where(other => other != field).Select(_form.NameOf);
            schema.Description = $"{Text(field)} Not together with {string.Join(", ", others)}.".TrimStart();
        }
        else if (Text(field) is { } text)
        {
            schema.Description = text;
        }
        return schema;
    }

    private IOpenApiSchema OfElement(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType),
        FieldType.Enum => Of(field.EnumType),
        FieldType.String => new OpenApiSchema { Type = JsonSchemaType.String },
        FieldType.Bytes => new OpenApiSchema { Type = JsonSchemaType.String, ContentEncoding = "base64" },
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.Float => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "float" },
        FieldType.Double => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
        _ when _form.HasLongNumbers => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
        // JavaScript's numbers end at 2^53: answers have text.
        _ => new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Integer, Format = "int64" },
    };

    private OpenApiSchemaReference Of(EnumDescriptor type)
    {
        var name = _form.Prefix + type.Name;
        if (_document.Components?.Schemas?.ContainsKey(name) is not true)
        {
            var values = type.Values.Select(value => $"- `{value.Name}`: {ProtoComments.Of(value)}".TrimEnd(' ', ':'));
            _document.AddComponent<IOpenApiSchema>(name, new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Enum = [.. type.Values.Select(value => (JsonNode)value.Name)],
                Description = $"{ProtoComments.Of(type)}\n\n{string.Join('\n', values)}",
            });
        }
        return new OpenApiSchemaReference(name, _document);
    }

    private void AddSent(MessageDescriptor type)
    {
        if (_sent.Add(type))
        {
            foreach (var field in type.Fields.InDeclarationOrder().Where(field => field is { FieldType: FieldType.Message, IsMap: false }))
            {
                AddSent(field.MessageType);
            }
        }
    }

    private static string? Text(IDescriptor descriptor) => ProtoComments.Of(descriptor) is { Length: > 0 } comment ? comment : null;
}
