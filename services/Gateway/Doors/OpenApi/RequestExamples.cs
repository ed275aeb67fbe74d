using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>A small request for each message that callers send. A mesh answers them.</summary>
internal static class RequestExamples
{
    public const string Report = "The lungs are clear. No pleural effusion.";

    /// <summary>A drawing of two lungs, 32 x 32 pixels: a PNG in base64.</summary>
    public const string Picture =
        "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAAAAABWESUoAAAAZElEQVR42mNYRQAwDDcFGquwseEKNEAAC5sBWQwqCmKkwFQwoMiDRcHyKTAVDKjyQFGo"
        + "PEwFdgUQE/ApALkBSYEGLjCYFGDxhYYGAW+SqgAjLhAxhys2NdBik3B6IJyihnTGAQAD2fvqNhIdmwAAAABJRU5ErkJggg==";

    private static readonly Image _image = new() { Encoded = ByteString.FromBase64(Picture) };

    private static readonly IMessage[] _all =
    [
        new AnalyzeRequest { Image = _image, Report = Report, Phrases = { "pleural effusion" } },
        new AnalyzeStreamRequest { RequestId = "1", Request = new AnalyzeRequest { Image = _image, Report = Report } },
        new ClassifyRequest
        {
            Image = _image,
            Classes =
            {
                new ClassPrompts { Name = "effusion", Prompts = { "pleural effusion", "There is an effusion." } },
                new ClassPrompts { Name = "normal", Prompts = { "The lungs are clear." } },
            },
        },
        new EmbedImageRequest { Image = _image, Gating = new Gating { Policy = GatingPolicy.Image } },
        new EmbedTextRequest { Texts = { Report, "pleural effusion" } },
        new EncodeRequest { Texts = { Report } },
        new ExtractPyramidRequest { Image = _image, DataType = V1.DataType.Fp16 },
        // The header; levels come from a backbone.
        new LocalizeRequest { Header = new LocalizeHeader { ReturnAttention = true } },
        new RepositoryIndexRequest { Ready = true },
    ];

    /// <summary>The example, or null: a message without fields needs none.</summary>
    public static JsonNode? Of(MessageDescriptor type)
    {
        var message = _all.FirstOrDefault(message => message.Descriptor == type);
        if (message is null)
        {
            return null;
        }
        // Google's formatter leaves out what has its default: an example shows what one has to write.
        return JsonNode.Parse(JsonFormatter.Default.Format(message));
    }
}
