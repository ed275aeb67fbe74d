using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Architecture.Tests;

/// <summary>Checks the repository's pages: links are valid, and lists match the code.</summary>
public sealed partial class PageTests
{
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Links_OfEveryPage_LeadToFilesAndHeadings()
    {
        var files = await Files();
        var pages = files.Where(file => file.EndsWith(".md", StringComparison.Ordinal))
            .ToDictionary(file => file, file => File.ReadAllText(Path.Combine(Golden.Repository, file)));
        Assert.Contains("README.md", pages.Keys);
        Assert.Empty(Broken(pages, files));
    }

    [Theory]
    [InlineData("[a](b.md)", "b.md")]
    [InlineData("[a](../c.md)", "../c.md")]
    [InlineData("[a](/d/e.md)", "/d/e.md")]
    [InlineData("[a](#two-words-2)", "#two-words-2")]
    [InlineData("[a](../README.md#code)", "../README.md#code")]
    [InlineData("[a](e.md) [b](e.md#one)", "e.md#one")]
    [InlineData("```\n[a](b.md)\n```\n[a](b.md) `[c](d.md)`", "b.md")]
    [InlineData(
        "[a](https://example.org/b.md) [b](e.md#two-words) [c](e.md#two-words-1) [d](../d) [e](../README.md#the-pages-code-of-it) [f](#one-1)",
        null)]
    public void Broken_NamesWhatLeadsNowhere(string text, string? expected)
    {
        var pages = new Dictionary<string, string>
        {
            ["README.md"] = "# The page's `code`, of [it](d)\n",
            ["d/e.md"] = "# Two words\n## Two words\n```\n# One\n```\n",
            ["d/f.md"] = $"{text}\n\n# One\n# One\n",
        };
        Assert.Equal(expected is null ? [] : [$"d/f.md: {expected}"], Broken(pages, [.. pages.Keys]));
    }

    /// <summary>Prometheus appends the unit to a metric's name, and "total" to a counter's.</summary>
    [Fact]
    public async Task Metrics_OfThePage_AreThoseOfTheCode()
    {
        var page = File.ReadAllText(Path.Combine(Golden.Repository, "services", "README.md"));
        var listed = Metric().Matches(page).Select(m => m.Groups[1].Value);
        var sources = (await Files())
            .Where(file => file.StartsWith("services/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));
        var instruments = sources.SelectMany(file => Instrument().Matches(File.ReadAllText(Path.Combine(Golden.Repository, file)))).ToArray();
        Assert.NotEmpty(instruments);
        Assert.Equal(
            instruments.Select(i => i.Groups["name"].Value.Replace('.', '_')).Order(), listed.Select(name => Suffix().Replace(name, "")).Order());
        Assert.Equal(
            instruments.Count(i => i.Groups["kind"].Value == "Counter"), listed.Count(name => name.EndsWith("_total", StringComparison.Ordinal)));
    }

    /// <summary>Links to a missing file, folder or heading, each as "PAGE: LINK".</summary>
    /// <param name="pages">Texts by their path within the repository.</param>
    /// <param name="files">All files of the repository.</param>
    private static List<string> Broken(IReadOnlyDictionary<string, string> pages, IReadOnlyCollection<string> files)
    {
        var there = files.SelectMany(file => Parents(file).Prepend(file)).ToHashSet();
        var broken = new List<string>();
        foreach (var (page, text) in pages)
        {
            var links = Link().Matches(Code().Replace(Fence().Replace(text, ""), "")).Select(m => m.Groups[1].Value);
            foreach (var link in links.Where(link => !Scheme().IsMatch(link)))
            {
                var (path, anchor) = link.Split('#') is [var p, var a] ? (p, a) : (link, null);
                var target = path == "" ? page : Path.GetRelativePath("/r", Path.GetFullPath(Path.Combine("/r", Path.GetDirectoryName(page)!, path)));
                if (!there.Contains(target) || (anchor is not null && !(pages.TryGetValue(target, out var other) && Anchors(other).Contains(anchor))))
                {
                    broken.Add($"{page}: {link}");
                }
            }
        }
        return broken;
    }

    private static IEnumerable<string> Parents(string file)
    {
        for (var folder = Path.GetDirectoryName(file); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }

    /// <summary>GitHub's anchors for a page's headings: lower case, without punctuation, numbered if repeated.</summary>
    private static HashSet<string> Anchors(string page)
    {
        var anchors = new HashSet<string>();
        foreach (var heading in Heading().Matches(Fence().Replace(page, "")).Select(m => m.Groups[1].Value))
        {
            var name = new StringBuilder();
            foreach (var c in Link().Replace(heading, "").ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_'))
            {
                name.Append(c == ' ' ? '-' : c);
            }
            var anchor = name.ToString();
            for (var again = 1; !anchors.Add(anchor); again++)
            {
                anchor = $"{name}-{again}";
            }
        }
        return anchors;
    }

    /// <summary>Files that are tracked, or new and not ignored.</summary>
    private static async Task<string[]> Files()
    {
        var start = new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Golden.Repository,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var git = Process.Start(start)!;
            var output = await git.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(_timeout);
            await git.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(_timeout);
            Assert.SkipUnless(git.ExitCode == 0, "needs a checkout of git");
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(Path.Combine(Golden.Repository, file)))];
        }
        catch (Win32Exception)
        {
            Assert.Skip("needs git");
            throw;
        }
    }

    // Keeps only the address: [text](address).
    [GeneratedRegex(@"(?<=\])\(([^()\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex Scheme();

    [GeneratedRegex("^#{1,6} +(.+?) *$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| `(medmoe_[a-z_]+)`", RegexOptions.Multiline)]
    private static partial Regex Metric();

    [GeneratedRegex("(_seconds|_milliseconds)?(_total)?$")]
    private static partial Regex Suffix();

    [GeneratedRegex("Create(Observable)?(?<kind>Counter|UpDownCounter|Histogram|Gauge)(<\\w+>)?\\(\\s*\"(?<name>medmoe[a-z.]*)\"")]
    private static partial Regex Instrument();
}
