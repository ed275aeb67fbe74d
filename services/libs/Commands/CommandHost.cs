using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Commands;

/// <summary>Runs a command line tool: a user error is one line on standard error and exit code 2.</summary>
public static partial class CommandHost
{
    /// <summary>Exit code for errors that the user can fix: arguments, files, images, bundles.</summary>
    public const int UserError = 2;

    /// <summary>Exit code after Ctrl-C, as in shells.</summary>
    public const int Interrupted = 130;

    /// <summary>Time that a verb has to finish after Ctrl-C.</summary>
    private static readonly TimeSpan _gracePeriod = TimeSpan.FromMinutes(2);

    public static int Run(RootCommand root, string[] args)
    {
        // The launcher has --version.
        foreach (var version in root.Options.OfType<VersionOption>().ToArray())
        {
            root.Options.Remove(version);
        }
        var parsed = root.Parse(args);
        if (parsed.Action is HelpAction help)
        {
            Console.Out.Write(VerbHelp.Of(parsed, help));
            return 0;
        }
        if (parsed.Errors.Count > 0)
        {
            return Fail(ParseFault.Of(parsed));
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = _gracePeriod,
            });
        }
        catch (InvalidInputException e)
        {
            return Fail(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(FileFault(e));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C in a verb that has nothing to clean up.
            return Interrupted;
        }
    }

    /// <exception cref="FileNotFoundException">The message is one line that names the file, as in the other file exceptions.</exception>
    public static byte[] ReadFile(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path)
        : throw new FileNotFoundException(Directory.Exists(path) ? $"{path}: is a folder, not a file" : $"{path}: no such file");

    /// <summary>Checks, before any work, that a folder can be created there or exists.</summary>
    /// <exception cref="IOException">A file has this path.</exception>
    public static void RequireNoFile(Option option, string path)
    {
        if (File.Exists(path))
        {
            throw new IOException($"{option.Name} {path}: is a file, not a folder");
        }
    }

    /// <summary>.NET says "Access to the path … is denied" of a folder that is opened as a file, and hides a path's missing folder.</summary>
    private static string FileFault(Exception e) => QuotedPath().Match(e.Message) is { Success: true } match && match.Groups[1].Value is var path
        ? e switch
        {
            UnauthorizedAccessException when Directory.Exists(path) => $"{path}: is a folder, not a file",
            UnauthorizedAccessException => $"{path}: permission denied",
            DirectoryNotFoundException => $"{path}: no such folder: {Path.GetDirectoryName(path)}",
            FileNotFoundException => $"{path}: no such file",
            // Of a folder to create.
            IOException when File.Exists(path) && e.Message.Contains("already exists", StringComparison.Ordinal) =>
                $"{path}: is a file, not a folder",
            _ => e.Message,
        }
        : e.Message;

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex QuotedPath();

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"mesh: {reason.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)}");
        return UserError;
    }
}
