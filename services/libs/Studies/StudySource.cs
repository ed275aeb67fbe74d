using System.Text.RegularExpressions;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set: where it lies and how it is written down.</summary>
/// <param name="name">What the user called it.</param>
public abstract partial class StudySource(string name)
{
    /// <summary>What the user called it.</summary>
    public string Name { get; } = name;

    /// <summary>Records of it, bad ones counted; null where only reading tells.</summary>
    public abstract int? Count { get; }

    /// <summary>Its records, one pass.</summary>
    /// <param name="order">The order; null for that of the data.</param>
    public abstract IEnumerable<StudyRecord> Read(ShuffleOrder? order);

    /// <summary>Its usable studies as they lie in the data, without preparing them: an image may turn out to be broken.</summary>
    /// <param name="skipped">Told of what is left out; null where nobody asks.</param>
    /// <exception cref="StudyDataException">A label is none of the bundle's.</exception>
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
                skipped?.Add(record.Key, e.Message);
                continue;
            }
            yield return study;
        }
    }

    /// <summary>
    /// Opens a data set: a folder with <c>manifest.jsonl</c>, else <c>manifest.csv</c>, else tar shards; or such a file; or shards by their names,
    /// several with commas between, each with any number of ranges such as <c>train-{000..104}.tar</c>. Compressed shards are taken, to be named.
    /// </summary>
    /// <param name="data">What the user named.</param>
    /// <param name="reportTypes">Names of the bundle's experts, in its order.</param>
    /// <param name="sections">Sections of the reports to read; null for all.</param>
    /// <exception cref="StudyDataException">
    /// Nothing there, a shard is missing, a manifest cannot be read or has a type that is none of these.
    /// </exception>
    public static StudySource Open(string data, IReadOnlyList<string> reportTypes, ReportSections? sections = null)
    {
        var source = Open(data, new ReportTypes(reportTypes));
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
                : throw new StudyDataException($"{data}: no data there; looked for manifest.jsonl, manifest.csv and *.tar");
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
