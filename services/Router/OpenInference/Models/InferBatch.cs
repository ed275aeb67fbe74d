using System.Text;
using Google.Protobuf;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>A request that has been read: the items to run, and what is wanted of them.</summary>
internal sealed class InferBatch(IReadOnlyDictionary<string, InputTensor> inputs, IReadOnlyList<TensorSpec> outputs, V1.Gating? gating)
{
    public const string ImageInput = "IMAGE";
    public const string PixelsInput = "PIXELS";
    public const string ReportInput = "REPORT";
    public const string TextInput = "TEXT";

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public int Items => inputs.Count == 0 ? 0 : inputs.First().Value.Items.Count;

    public V1.Gating? Gating => gating;

    public bool Has(string input) => inputs.ContainsKey(input);

    public bool Wants(string output) => outputs.Any(spec => spec.Name == output);

    /// <summary>The items' images.</summary>
    /// <exception cref="InvalidFieldException">None, or twice, or pixels that are not finite.</exception>
    public Image[] Images()
    {
        if (Has(ImageInput) == Has(PixelsInput))
        {
            throw new InvalidFieldException(
                ImageInput, Has(ImageInput) ? $"is there, and so is {PixelsInput}: send one of them" : $"is missing, and so is {PixelsInput}");
        }
        return Has(ImageInput) ? [.. inputs[ImageInput].Items.Select((bytes, i) => Encoded(bytes, $"{ImageInput}[{i}]"))]
            : [.. inputs[PixelsInput].Items.Select((bytes, i) => Pixels(bytes, inputs[PixelsInput], $"{PixelsInput}[{i}]"))];
    }

    /// <summary>The items' texts; empty ones where the input is missing.</summary>
    /// <exception cref="InvalidFieldException">Not UTF-8.</exception>
    public string[] Texts(string input)
    {
        if (!Has(input))
        {
            return [.. Enumerable.Repeat("", Items)];
        }
        return [.. inputs[input].Items.Select((bytes, i) => Text(bytes, $"{input}[{i}]"))];
    }

    /// <summary>The name that the caller knows a field of the mesh's own request by.</summary>
    public string NameOf(string field, int item) => field.Split('.', '[')[0] switch
    {
        "image" => $"{(Has(ImageInput) ? ImageInput : PixelsInput)}[{item}]",
        "report" => $"{ReportInput}[{item}]",
        "texts" => $"{TextInput}[{item}]",
        "gating" => $"parameters.{(field == "gating.expert" ? "expert" : "gating")}",
        _ => field,
    };

    private static Image Encoded(ByteString bytes, string name) =>
        bytes.IsEmpty ? throw new InvalidFieldException(name, "is empty") : new Image { Encoded = bytes };

    private static Image Pixels(ByteString bytes, InputTensor tensor, string name)
    {
        var pixels = new WireTensor { DataType = tensor.Type.WireType, Shape = { tensor.Dims }, Data = bytes };
        WireTensors.RequireFinite(pixels, name);
        return new Image { Pixels = pixels };
    }

    private static string Text(ByteString bytes, string name)
    {
        try
        {
            return _utf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            // The exception's text quotes the bytes.
            throw new InvalidFieldException(name, "is not UTF-8");
        }
    }
}
