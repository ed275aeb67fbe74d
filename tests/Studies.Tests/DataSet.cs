using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Text;
using NetVips;

namespace MedMoE.Mesh.Studies.Tests;

/// <summary>A data set in a temporary folder. Study i is an image of constant level i, of type i modulo 3 by default.</summary>
internal sealed class DataSet : IDisposable
{
    public const int Size = 8;

    public static readonly string[] Types = ["xray", "ct", "mri"];
    public static readonly ExpertEntry[] Experts =
    [
        new("xray", "X-ray") { DicomModalities = ["CR", "DX"] }, new("ct", "CT") { DicomModalities = ["CT"] },
        new("mri", "MRI") { DicomModalities = ["MR"] },
    ];

    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public string this[string file] => _folder[file];

    public static BertTokenizer Tokenizer { get; } = BertTokenizer.Read(Golden.PathOf("bert-nano"), rows: 187);

    public static StudyPreparation Preparation { get; } = new(
        BundleManifest.Read(Golden.PathOf("medmoe-nano-paper", "medmoe.json")) with
        {
            // Preprocessed values equal the levels.
            Image = new ImageSettings
            {
                Size = Size,
                Mean = [0, 0, 0],
                Std = [1 / 255f, 1 / 255f, 1 / 255f],
            },
        },
        Tokenizer);

    public static byte[] Png(int level, int width = Size, int height = Size)
    {
        using var black = Image.Black(width, height);
        using var gray = (black + level).Cast(Enums.BandFormat.Uchar);
        return gray.PngsaveBuffer();
    }

    public static string Key(int study) => $"study-{study:D3}";

    /// <summary>Members of study i in a shard.</summary>
    public static (string Name, byte[] Content)[] Sample(int study, int? type = null) =>
    [
        ($"{Key(study)}.png", Png(study)), ($"{Key(study)}.txt", Utf8($"report of {study}")), ($"{Key(study)}.cls", Utf8($"{type ?? study % 3}\n")),
    ];

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A line of a manifest; the image is written beside it.</summary>
    public JsonObject Line(int study, string? type = null)
    {
        File.WriteAllBytes(_folder[$"{study}.png"], Png(study));
        return new JsonObject
        {
            ["key"] = Key(study),
            ["image"] = $"{study}.png",
            ["report"] = $"report of {study}",
            ["type"] = type ?? Types[study % 3],
        };
    }

    /// <summary>Writes <c>manifest.jsonl</c>.</summary>
    public DataSet WithManifest(params IEnumerable<object> lines)
    {
        File.WriteAllLines(_folder["manifest.jsonl"], lines.Select(line => line is JsonObject json ? json.ToJsonString() : (string)line));
        return this;
    }

    /// <summary>Writes <c>manifest.jsonl</c> with the first studies.</summary>
    public DataSet WithStudies(int count) => WithManifest(Enumerable.Range(0, count).Select(i => Line(i)));

    public DataSet WithFile(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return this;
    }

    public DataSet WithShard(string name, params IEnumerable<(string Name, byte[] Content)> members) => WithFile(name, Tar(members));

    public static byte[] Tar(params IEnumerable<(string Name, byte[] Content)> members)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in members)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }
        return tar.ToArray();
    }

    public StudySource Open(string? file = null) => StudySource.Open(file is null ? Path : _folder[file], Experts);

    public StudyLoader Loader(LoaderOptions? options = null, string? file = null) => new(Open(file), Preparation, options ?? new LoaderOptions());

    public void Dispose() => _folder.Dispose();
}
