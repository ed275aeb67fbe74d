using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>Schemas of what no proto describes.</summary>
internal static class SchemaOf
{
    public static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    /// <summary>One of these texts.</summary>
    public static OpenApiSchema Choice(string description, params IEnumerable<string> values) => new()
    {
        Type = JsonSchemaType.String,
        Enum = [.. values.Select(value => (JsonNode)value)],
        Description = description,
    };

    public static OpenApiSchema Flag(string description) => new() { Type = JsonSchemaType.Boolean, Description = description };

    /// <summary>A whole number from 0.</summary>
    public static OpenApiSchema Count(string description) =>
        new() { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0", Description = description };

    public static OpenApiSchema List(string? description, IOpenApiSchema items) =>
        new() { Type = JsonSchemaType.Array, Items = items, Description = description };

    /// <summary>What fits any of these.</summary>
    public static OpenApiSchema Any(string? description, params IEnumerable<IOpenApiSchema> schemas) =>
        new() { AnyOf = [.. schemas], Description = description };

    /// <param name="description">What it is.</param>
    /// <param name="required">The properties that are always there, separated by spaces.</param>
    /// <param name="properties">All of them.</param>
    public static OpenApiSchema Object(string? description, string required, params IEnumerable<(string Name, IOpenApiSchema Schema)> properties) =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = description,
            Required = new HashSet<string>(required.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
            Properties = properties.ToDictionary(property => property.Name, property => property.Schema),
        };
}
