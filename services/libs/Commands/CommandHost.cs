using System.CommandLine;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Commands;

/// <summary>Runs a command line tool: a user error is one line on standard error and exit code 2.</summary>
public static class CommandHost
{
    /// <summary>Exit code for errors that the user can fix: arguments, files, images, bundles.</summary>
    public const int UserError = 2;

    /// <summary>Exit code after Ctrl-C, as in shells.</summary>
    public const int Interrupted = 130;

    /// <summary>Time that a verb has to finish after Ctrl-C.</summary>
    private static readonly TimeSpan _gracePeriod = TimeSpan.FromMinutes(2);

    public static int Run(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Fail(parsed.Errors[0].Message);
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
            return Fail(e.Message);
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

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"mesh: {reason.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)}");
        return UserError;
    }
}
