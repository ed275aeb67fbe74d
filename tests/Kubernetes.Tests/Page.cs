using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>
/// k8s/README.md, whose examples the tests follow. An example names its file in its first line, below k8s or in a reader's own folder: "# k8s/PATH";
/// "# k8s/PATH, added" for lines at its end; "# own/PATH, added for OPTION" for lines at its end that only an option needs; "// own/PATH, instead for
/// OPTION" for a file in JSON that an option replaces.
/// </summary>
internal static partial class Page
{
    private static readonly string _text = File.ReadAllText(Path.Combine(Overlay.Folder, "README.md"));

    /// <summary>How many examples there are, and how many of them name their file.</summary>
    public static (int All, int Named) Examples => (Regex.Count(_text, "^```(yaml|json)$", RegexOptions.Multiline), Example().Count(_text));

    /// <summary>The text below a heading, up to the next one of its level or above.</summary>
    public static string Section(string heading)
    {
        var level = heading.StartsWith("### ", StringComparison.Ordinal) ? "###?" : "##";
        var section = Regex.Match(_text, $"\n(## )?{Regex.Escape(heading)}\n.*?(?=\n{level} |$)", RegexOptions.Singleline);
        Assert.True(section.Success, $"the page has no section {heading}");
        return section.Value;
    }

    /// <summary>The lines of a section's examples that are typed.</summary>
    public static IReadOnlyList<string> Commands(string heading) =>
        [.. Fenced().Matches(Section(heading)).Where(m => m.Groups["language"].Length == 0)
            .SelectMany(m => m.Groups["text"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Writes the files of a section.</summary>
    /// <param name="section">Its heading.</param>
    /// <param name="folder">Where the files of <paramref name="top"/> go.</param>
    /// <param name="top">The first folder of the examples' names; others are left out.</param>
    /// <param name="options">What the reader wants of the examples that are for an option only.</param>
    /// <returns>The files written, relative to the folder, in the page's order.</returns>
    public static IReadOnlyList<string> Write(string section, string folder, string top = "k8s", params string[] options)
    {
        var written = new List<string>();
        var examples = Example().Matches(Section(section)).Where(e => e.Groups["top"].Value == top);
        foreach (var example in examples.Where(e => !e.Groups["for"].Success || options.Contains(e.Groups["for"].Value)))
        {
            var file = Path.Combine(folder, example.Groups["path"].Value);
            Assert.Equal(example.Groups["how"].Success, written.Contains(example.Groups["path"].Value) || File.Exists(file));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (example.Groups["how"].Value == "instead")
            {
                File.Delete(file);
            }
            File.AppendAllText(file, example.Groups["text"].Value);
            written.Add(example.Groups["path"].Value);
        }
        return written;
    }

    [GeneratedRegex(
        "```(yaml\n#|json\n//) (?<top>[a-z0-9-]+)/(?<path>[^\\s,]+)(, (?<how>added|instead)( for (?<for>\\S+))?)?\n(?<text>.*?)```",
        RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fenced();
}
