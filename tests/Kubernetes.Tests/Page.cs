using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>
/// k8s/README.md, whose examples the tests follow. An example names its file in its first line: "# k8s/PATH", or "# k8s/PATH, added"
/// for lines at its end.
/// </summary>
internal static partial class Page
{
    private static readonly string _text = File.ReadAllText(Path.Combine(Overlay.Folder, "README.md"));

    /// <summary>The text below a heading, up to the next one.</summary>
    public static string Section(string heading)
    {
        var start = _text.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"the page has no section {heading}");
        var end = _text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return _text[start..(end < 0 ? _text.Length : end)];
    }

    /// <summary>Writes the files of a section into a copy of the k8s folder.</summary>
    /// <param name="section">Its heading.</param>
    /// <param name="folder">The copy.</param>
    /// <returns>The files written, relative to the folder, in the page's order.</returns>
    public static IReadOnlyList<string> Write(string section, string folder)
    {
        var written = new List<string>();
        foreach (var example in Example().Matches(Section(section)).AsEnumerable())
        {
            var file = Path.Combine(folder, example.Groups["path"].Value);
            Assert.Equal(example.Groups["added"].Success, written.Contains(example.Groups["path"].Value) || File.Exists(file));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.AppendAllText(file, example.Groups["text"].Value);
            written.Add(example.Groups["path"].Value);
        }
        return written;
    }

    [GeneratedRegex("```yaml\n# k8s/(?<path>[^\\s,]+)(?<added>, added)?\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
