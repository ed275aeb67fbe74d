using System.Text.RegularExpressions;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set, named as by the user.</summary>
public abstract partial class StudySource(string name)
{
    public string Name { get; } = name;

    /// <summary>Number of records, including bad ones; null if unknown before reading.</summary>
    public abstract int? Count { get; }

    /// <summary>SHA-256 that tells the list of records from another: of a manifest's content, of the shards' names and sizes.</summary>
    public abstract string Digest { get; }

    /// <summary>One pass over the records; a null order is that of the data.</summary>
    public abstract IEnumerable<StudyRecord> Read(ShuffleOrder? order);

    /// <summary>Its valid studies in the order of the data, without decoding images, which may still be broken.</summary>
    /// <exception cref="StudyDataException">A label is unknown to the bundle.</exception>
    public IEnumerable<Study> ReadAll(SkippedRecords? skipped = null)
    {
        foreach (var record in Read(order: null))
        {
            Study study;
            try
            {
                study = record.Load();
            }
            catch (BadRecordException e)
            {
                skipped?.Add(record.Name, e.Message);
                continue;
            }
            yield return study;
        }
    }

    /// <summary>
    /// Opens a data set: a folder with <c>manifest.jsonl</c>, else <c>manifest.csv</c>, else tar shards; or such a file; or comma-separated shards,
    /// each with any number of ranges such as <c>train-{000..104}.tar</c>. Compressed shards are accepted here and refused by name when read. Null
    /// sections read whole reports.
    /// </summary>
    /// <exception cref="StudyDataException">No data, a missing shard, an unreadable manifest, or an unknown type in it.</exception>
    public static StudySource Open(string data, IReadOnlyList<ExpertEntry> experts, ReportSections? sections = null)
    {
        var source = Open(data, new ReportTypes(experts));
        return sections is null ? source : new SectionedStudies(source, sections);
    }

    private static StudySource Open(string data, ReportTypes types)
    {
        if (Directory.Exists(data))
        {
            string[] manifests = [Path.Combine(data, "manifest.jsonl"), Path.Combine(data, "manifest.csv")];
            if (Array.Find(manifests, File.Exists) is { } manifest)
            {
                return Manifest.Open(manifest, types);
            }
            string[] shards = [.. Directory.EnumerateFiles(data).Where(IsShard).Order(StringComparer.Ordinal)];
            return shards.Length > 0
                ? new Shards(data, shards, types)
                : throw new StudyDataException($"{data}: no data in this folder; looked for manifest.jsonl, manifest.csv and *.tar");
        }
        return Path.GetExtension(data).ToLowerInvariant() switch
        {
            ".jsonl" or ".csv" => Manifest.Open(data, types),
            _ when IsShard(data) => new Shards(data, File.Exists(data) ? [data] : ShardNames.Expand(data), types),
            _ => throw new StudyDataException($"{data}: neither a folder nor a .jsonl, .csv or .tar file"),
        };
    }

    private static bool IsShard(string path) => ShardName().IsMatch(path);

    [GeneratedRegex(@"\.(tar(\.(gz|zst|xz|bz2))?|tgz|tzst|txz|tbz2)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();
}
