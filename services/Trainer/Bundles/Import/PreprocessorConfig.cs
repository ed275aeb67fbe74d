using System.Globalization;
using System.Text.Json;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>
/// Hugging Face's <c>preprocessor_config.json</c>: how images were preprocessed when the Swin was trained. A bundle resizes to a square, bicubic, and
/// normalises. Any scaling and normalisation can be expressed by its mean and standard deviation; each setting that it cannot follow is noted.
/// </summary>
internal sealed class PreprocessorConfig
{
    private const int Bicubic = 3;

    private readonly string _path;
    private readonly JsonElement _root;
    private readonly List<string> _notes;

    private PreprocessorConfig(string path, JsonElement root, List<string> notes)
    {
        _path = path;
        _root = root;
        _notes = notes;
    }

    /// <exception cref="BundleException">The file cannot be read, or a setting has the wrong type.</exception>
    /// <summary>Without the file, ImageNet's mean and standard deviation are used. Notes get a line for each ignored setting.</summary>
    public static ImageSettings Read(string folder, int size, List<string> notes)
    {
        var path = Path.Combine(folder, "preprocessor_config.json");
        return File.Exists(path) ? new PreprocessorConfig(path, JsonFile.ReadObject(path), notes).Settings(size) : new ImageSettings { Size = size };
    }

    private ImageSettings Settings(int size)
    {
        var settings = Normalisation(new ImageSettings { Size = size });
        var square = string.Create(CultureInfo.InvariantCulture, $"{size} × {size}");
        if (Flag("do_resize") is false)
        {
            Note("do_resize", $"every image is resized to {square}");
        }
        if (Value("size") is { } given && !IsSquareOf(given, size))
        {
            Note("size", $"every image is resized to {square}, the image_size of config.json");
        }
        if (Whole("resample") is { } resample and not Bicubic)
        {
            Note("resample", $"images are resized by bicubic interpolation, which is {Bicubic}");
        }
        if (Flag("do_convert_rgb") is false)
        {
            Note("do_convert_rgb", "every image is converted to RGB");
        }
        if (Flag("do_center_crop") is true)
        {
            Note("do_center_crop", $"images are not cropped: the whole image is resized to {square}");
        }
        if (Value("crop_pct") is not null)
        {
            Note("crop_pct", $"images are not cropped: the whole image is resized to {square}");
        }
        string[] known = ["do_resize", "do_rescale", "do_normalize", "do_convert_rgb", "do_center_crop"];
        var others = _root.EnumerateObject().Select(p => p.Name).Where(name => name.StartsWith("do_", StringComparison.Ordinal)).Except(known);
        foreach (var other in others.Where(name => Flag(name) is true))
        {
            Note(other, "not supported, ignored");
        }
        return settings;
    }

    private ImageSettings Normalisation(ImageSettings settings)
    {
        settings = settings with { Mean = Three("image_mean") ?? settings.Mean, Std = Three("image_std") ?? settings.Std };
        if (settings.Std.Any(s => s <= 0))
        {
            throw Fault("image_std", "three positive numbers");
        }
        if (Flag("do_normalize") is false)
        {
            settings = settings with { Mean = [0, 0, 0], Std = [1, 1, 1] };
            Note("do_normalize", "followed by image.mean 0 and image.std 1");
        }
        var scaled = Flag("do_rescale") is not false;
        var factor = scaled ? Number("rescale_factor") ?? 1.0 / 255 : 1;
        if (factor <= 0)
        {
            throw Fault("rescale_factor", "a positive number");
        }
        if (Math.Abs((factor * 255) - 1) < 1e-4)
        {
            return settings;
        }
        // (level · factor − mean) / std, for levels in 0..1, as a bundle has them, instead of 0..255.
        settings = settings with
        {
            Mean = [.. settings.Mean.Select(m => (float)(m / (factor * 255)))],
            Std = [.. settings.Std.Select(s => (float)(s / (factor * 255)))],
        };
        var made = $"image.mean {Text(settings.Mean)} and image.std {Text(settings.Std)}";
        Note(scaled ? "rescale_factor" : "do_rescale", $"levels are scaled to 0..1, which {made} compensate");
        return settings;
    }

    private static string Text(IEnumerable<float> values) =>
        $"[{string.Join(", ", values.Select(v => v.ToString("G6", CultureInfo.InvariantCulture)))}]";

    private bool IsSquareOf(JsonElement given, int size) => given.ValueKind switch
    {
        JsonValueKind.Number => IsSide(given, size),
        JsonValueKind.Array => given.GetArrayLength() == 2 && given.EnumerateArray().All(side => IsSide(side, size)),
        JsonValueKind.Object => given.TryGetProperty("height", out var height) && given.TryGetProperty("width", out var width)
            && IsSide(height, size) && IsSide(width, size),
        _ => throw Fault("size", "a number, two, or an object of such"),
    };

    private static bool IsSide(JsonElement element, int size) => element.ValueKind == JsonValueKind.Number && element.GetDouble() == size;

    private JsonElement? Value(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private bool? Flag(string name) => Value(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Fault(name, "true or false");

    private double? Number(string name) => Value(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Fault(name, "a number");

    private int? Whole(string name) => Value(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var whole) ? whole : throw Fault(name, "a whole number");

    private float[]? Three(string name) => Value(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
            && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number && float.IsFinite(v.GetSingle()))
        ? [.. value.EnumerateArray().Select(v => v.GetSingle())] : throw Fault(name, "three numbers");

    private BundleException Fault(string name, string expected) =>
        new(_path, $"{name} is {_root.GetProperty(name).GetRawText()}, expected {expected}");

    private void Note(string name, string instead) => _notes.Add($"{_path}: {name} is {_root.GetProperty(name).GetRawText()}: {instead}");
}
