using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.Wire.Catalog;

/// <summary>
/// The comments of the protos. Descriptors in code come without them, so a second set is kept as a resource (Wire.csproj). Descriptions of the API
/// are made from these: shapes, units and errors are written once.
/// </summary>
public static class ProtoComments
{
    private static readonly Lazy<FrozenDictionary<string, string>> _comments = new(Read);

    /// <summary>The comment above a service, method, message, field, enum or value, its lines joined; empty if there is none.</summary>
    public static string Of(IDescriptor descriptor) => _comments.Value.GetValueOrDefault(descriptor.FullName, "");

    private static FrozenDictionary<string, string> Read()
    {
        using var resource = typeof(ProtoComments).Assembly.GetManifestResourceStream("commented.protos")!;
        var files = FileDescriptor.BuildFromByteStrings(FileDescriptorSet.Parser.ParseFrom(resource).File.Select(file => file.ToByteString()));
        var comments = new Dictionary<string, string>();
        foreach (var file in files)
        {
            foreach (var service in file.Services)
            {
                Add(service, service.Declaration);
                foreach (var method in service.Methods)
                {
                    Add(method, method.Declaration);
                }
            }
            AddTypes(file.MessageTypes, file.EnumTypes);
        }
        return comments.ToFrozenDictionary();

        void AddTypes(IEnumerable<MessageDescriptor> messages, IEnumerable<EnumDescriptor> enums)
        {
            foreach (var message in messages)
            {
                Add(message, message.Declaration);
                foreach (var field in message.Fields.InDeclarationOrder())
                {
                    Add(field, field.Declaration);
                }
                AddTypes(message.NestedTypes, message.EnumTypes);
            }
            foreach (var type in enums)
            {
                Add(type, type.Declaration);
                foreach (var value in type.Values)
                {
                    Add(value, value.Declaration);
                }
            }
        }

        void Add(IDescriptor descriptor, DescriptorDeclaration? declaration)
        {
            if (declaration?.LeadingComments is { Length: > 0 } text)
            {
                var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                comments[descriptor.FullName] = string.Join(' ', lines);
            }
        }
    }
}
