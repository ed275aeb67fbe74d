using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Architecture.Tests;

/// <summary>
/// What a C# file declares and names, read from its text. Comments and strings do not count; code within interpolated strings does.
/// </summary>
/// <param name="Name">The file's name.</param>
/// <param name="Namespace">Its namespace; null where it has none.</param>
/// <param name="Usings">Namespaces and types that its using directives name.</param>
/// <param name="Globals">Those of them that hold for all files of the project.</param>
/// <param name="Types">Types that it declares, without those inside of others.</param>
/// <param name="Extensions">Extension methods that it declares.</param>
/// <param name="Names">Names in its code, each with what it is qualified by: "Path.Combine". Behind an expression they begin with a dot.</param>
/// <param name="Calls">Methods that it calls on something.</param>
internal sealed partial record SourceFile(
    string Name, string? Namespace, IReadOnlySet<string> Usings, IReadOnlySet<string> Globals, IReadOnlySet<string> Types,
    IReadOnlySet<string> Extensions, IReadOnlySet<string> Names, IReadOnlySet<string> Calls)
{
    public static SourceFile Read(string path) => Parse(Path.GetFileName(path), File.ReadAllText(path));

    public static SourceFile Parse(string name, string text)
    {
        var code = Code(text);
        var body = Header().Replace(code, "");
        return new SourceFile(
            name,
            NamespaceOf().Match(code) is { Success: true } match ? match.Groups[1].Value : null,
            Find(Using(), code), Find(Global(), code), Find(Type(), body), Find(Extension(), body), Find(Qualified(), body), Find(Call(), body));
    }

    private static HashSet<string> Find(Regex what, string code) => [.. what.Matches(code).Select(match => match.Groups[1].Value)];

    private static string Code(string text) => NoCode().Replace(text, match =>
        match.Groups["interpolated"] is { Success: true, Value: var literal } ? $"({string.Join(';', Holes(literal).Select(Code))})" : " ");

    /// <summary>The code within an interpolated string.</summary>
    private static IEnumerable<string> Holes(string literal)
    {
        // With one $ two braces are a brace, with more a hole has as many.
        var dollars = literal.TrimStart('@').TakeWhile(c => c == '$').Count();
        return Hole().Matches(literal)
            .Where(hole => hole.Groups["open"].Length is var braces && (dollars == 1 ? braces % 2 == 1 : braces >= dollars))
            .Select(hole => hole.Groups[1].Value);
    }

    // In turn: comments; raw, verbatim and plain strings, of which those with $ may hold code; characters.
    [GeneratedRegex("""""
        //[^\n]* | /\*.*?\*/
        | (?<interpolated>\$+(?<quotes>"{3,}).*?\k<quotes>"*) | (?<quotes>"{3,}).*?\k<quotes>"*
        | (?<interpolated>(\$@|@\$)"([^"]|"")*") | @"([^"]|"")*"
        | (?<interpolated>\$"(\\.|\{\{|\{([^{}"]|\$?"(\\.|[^"\\])*")*\}|[^"\\{])*") | "(\\.|[^"\\])*"
        | '(\\[^']+|\\'|[^'\\])'
        """"", RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NoCode();

    [GeneratedRegex(@"(?<open>\{+)([^{}]+)\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceOf();

    [GeneratedRegex(@"^(?:global )?using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^global using ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Global();

    [GeneratedRegex(@"^(?:(?:global )?using [^(\n]*;|namespace .*)$", RegexOptions.Multiline)]
    private static partial Regex Header();

    // At the start of a line: types within others are indented.
    [GeneratedRegex(@"^(?:\w+ )*(?:class|struct|record|interface|enum|delegate [^(\n]*) (?!struct\b|class\b)(\w+)", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"\b(\w+)(?:<[^()]*>)?\(\s*this ")]
    private static partial Regex Extension();

    // The dots of a range belong to no name.
    [GeneratedRegex(@"((?:(?<!\.)\.)?[A-Za-z_]\w*(?:\.\w+)*)")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"\.\s*(\w+)(?:<[^()]*>)?\(")]
    private static partial Regex Call();
}
