using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>A comment of the protos taken apart: what is said, and what each status means, which the protos write as <c>STATUS: reason.</c></summary>
internal sealed partial record MethodComment(string Text, IReadOnlyDictionary<StatusCode, string> Errors)
{
    /// <summary>The first sentence, without its full stop.</summary>
    public string Summary => Text.Split(". ")[0].TrimEnd('.');

    public static MethodComment Of(IDescriptor descriptor)
    {
        var comment = ProtoComments.Of(descriptor);
        var found = ErrorNames().Matches(comment);
        var errors = new Dictionary<StatusCode, string>();
        for (var i = 0; i < found.Count; i++)
        {
            var end = i + 1 < found.Count ? found[i + 1].Index : comment.Length;
            var code = CodeReflection.Descriptor.EnumTypes[0].FindValueByName(found[i].Groups[1].Value).Number;
            errors[(StatusCode)code] = comment[(found[i].Index + found[i].Length)..end].Trim();
        }
        var text = found.Count > 0 ? comment[..found[0].Index].Trim() : comment;
        // Without a sentence that only leads to the errors.
        return new MethodComment(text.EndsWith(':') ? text[..(text.LastIndexOf(". ", StringComparison.Ordinal) + 1)] : text, errors);
    }

    [GeneratedRegex("\\b(INVALID_ARGUMENT|RESOURCE_EXHAUSTED|DEADLINE_EXCEEDED|UNAVAILABLE|NOT_FOUND|UNIMPLEMENTED): ")]
    private static partial Regex ErrorNames();
}
