using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Commands.Tests;

/// <summary>The launcher's verbs, and the files with their help.</summary>
internal static partial class Launcher
{
    public static string Path { get; } = System.IO.Path.Combine(Golden.Repository, "mesh");

    /// <summary>Projects by verb; empty if the launcher runs the verb itself.</summary>
    public static IReadOnlyDictionary<string, string> Verbs { get; } =
        Verb().Matches(File.ReadAllText(Path)).ToDictionary(m => m.Groups["verb"].Value, m => m.Groups["project"].Value);

    /// <summary>Verbs with a tool, and their subcommands: <c>load check</c>.</summary>
    public static IReadOnlyList<string> Commands { get; } =
        [.. Verbs.Where(verb => verb.Value.Length > 0).Select(verb => verb.Key), "bundle", "key", "load check", "load fixtures", "load expect"];

    public static string HelpFile(string command) =>
        System.IO.Path.Combine(Golden.Repository, "services", "libs", "Commands", "help", $"{command.Replace(' ', '-')}.txt");

    /// <summary>Runs a command's tool, as built with the tests.</summary>
    public static Task<Tool.Result> Run(string command, params string[] arguments) =>
        Tool.Run(
            Verbs.First(verb => verb.Value.Length > 0 && verb.Key.Split(' ')[0] == command.Split(' ')[0]).Value,
            [.. command.Split(' '), .. arguments]);

    [GeneratedRegex(@"^(?:verbs=')?(?<verb>[a-z]+(?: [a-z]+)?)\|(?<project>\w*)\|", RegexOptions.Multiline)]
    private static partial Regex Verb();
}
