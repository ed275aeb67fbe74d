using System.Text.Json;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference;

/// <summary>Files and tensors of tests/golden.</summary>
public sealed class Golden : IDisposable
{
    private readonly SafetensorsFile _file;

    private Golden(SafetensorsFile file) => _file = file;

    /// <summary>The repository's root: the folder above this assembly that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    public static string PathOf(params string[] parts) => Path.Combine([Repository, "tests", "golden", .. parts]);

    public static Golden Open(string folder) => new(SafetensorsFile.Open(PathOf(folder, "io.safetensors")));

    public static JsonElement Json(params string[] parts) => JsonDocument.Parse(File.ReadAllBytes(PathOf(parts))).RootElement;

    /// <summary>A 12-bit film in a 16-bit PNG as most writers produce it: without the sBIT chunk of the file in tests/golden.</summary>
    public static byte[] TwelveBitsInSixteen()
    {
        var png = File.ReadAllBytes(PathOf("preprocessing", "gray-12-bits-in-16-sbit.png"));
        // The chunk: length and type, then one byte and the checksum.
        var chunk = png.AsSpan().IndexOf("sBIT"u8) - sizeof(int);
        return [.. png[..chunk], .. png[(chunk + 13)..]];
    }

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    public Tensor this[string name]
    {
        get
        {
            var entry = _file.Tensors[name];
            var result = empty(entry.Shape, entry.DType switch
            {
                SafetensorsDType.F32 => ScalarType.Float32,
                SafetensorsDType.I64 => ScalarType.Int64,
                SafetensorsDType.U8 => ScalarType.Byte,
                _ => throw new InvalidOperationException($"{name}: {entry.DType}"),
            });
            _file.Read(entry, result.bytes);
            return result;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MedMoE.Mesh.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException("no MedMoE.Mesh.sln above the tests' binaries");
    }
}
