using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Gateway.Doors.Json;

/// <summary>
/// A message as a form (RFC 7578): the part <c>image</c> has the bytes of a file, <c>request</c> the rest of the message in JSON, and parts with the
/// names of the message's fields of text have these, in place of it or besides it.
/// </summary>
internal static class JsonForm
{
    /// <summary>RFC 2046, 5.1.1.</summary>
    public const int MaxBoundary = 70;

    /// <summary>The part with the message in JSON.</summary>
    public const string Request = "request";

    private const int MaxParts = 1024;

    /// <summary>The field that the file is for; its name is that of the part, too.</summary>
    public const string File = "image";

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a method's message can be sent as a form: it has an image.</summary>
    public static bool Takes(MethodDescriptor method) => !method.IsClientStreaming
        && method.InputType.FindFieldByName(File) is { FieldType: FieldType.Message } field && field.MessageType == Image.Descriptor;

    /// <exception cref="InvalidFieldException">The form ends early, or a part is invalid.</exception>
    public static async Task<IMessage> Read(ReadOnlyMemory<byte> body, string boundary, MessageDescriptor type)
    {
        var reader = new MultipartReader(boundary, PipeReader.Create(new(body)).AsStream());
        IMessage? message = null;
        ByteString? file = null;
        var texts = new List<(FieldDescriptor Field, string Text)>();
        try
        {
            for (var count = 0; await reader.ReadNextSectionAsync() is { } part; count++)
            {
                if (count == MaxParts)
                {
                    throw new InvalidFieldException(ProtoJson.Body, $"more than {MaxParts} parts");
                }
                var name = part.GetContentDispositionHeader() is { } disposition ? HeaderUtilities.RemoveQuotes(disposition.Name).Value : null;
                var content = await ByteString.FromStreamAsync(part.Body);
                switch (name)
                {
                    case File:
                        file = file is null ? content : throw Repeated(File);
                        break;
                    case Request:
                        message = message is null ? ProtoJson.Read(content.Memory, type) : throw Repeated(Request);
                        break;
                    default:
                        texts.Add((TextField(type, name), Text(content, name!)));
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new InvalidFieldException(
                ProtoJson.Body, "is not a whole form: the boundary at its end is missing, or a part has too many headers");
        }
        message ??= type.Parser.ParseFrom([]);
        foreach (var (field, text) in texts)
        {
            Set(message, field, text);
        }
        if (file is not null)
        {
            var image = type.FindFieldByName(File).Accessor;
            if (image.HasValue(message))
            {
                throw Repeated(File);
            }
            image.SetValue(message, new Image { Encoded = file });
        }
        return message;
    }

    private static void Set(IMessage message, FieldDescriptor field, string text)
    {
        if (field.IsRepeated)
        {
            ((Google.Protobuf.Collections.RepeatedField<string>)field.Accessor.GetValue(message)).Add(text);
        }
        else if (((string)field.Accessor.GetValue(message)).Length > 0)
        {
            throw Repeated(field.Name);
        }
        else
        {
            field.Accessor.SetValue(message, text);
        }
    }

    private static FieldDescriptor TextField(MessageDescriptor type, string? name) =>
        type.FindFieldByName(name ?? "") is { FieldType: FieldType.String, IsMap: false } field ? field
            : throw new InvalidFieldException(ProtoJson.Body, $"a part has another name than {string.Join(", ", Names(type))}");

    private static IEnumerable<string> Names(MessageDescriptor type) =>
        [File, Request, .. type.Fields.InFieldNumberOrder().Where(field => field.FieldType == FieldType.String).Select(field => field.Name)];

    private static string Text(ByteString content, string name)
    {
        try
        {
            return _utf8.GetString(content.Span);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidFieldException(name, "is not UTF-8");
        }
    }

    private static InvalidFieldException Repeated(string name) => new(name, "is given twice");
}
