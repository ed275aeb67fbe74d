using System.CommandLine;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Commands;

/// <summary>Runs a command line tool: whatever a user got wrong is one line on standard error and exit code 2.</summary>
public static class CommandHost
{
    /// <summary>Exit code for what the user can mend: arguments, files, images, bundles.</summary>
    public const int UserError = 2;

    /// <summary>Exit code after Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>What a verb has after Ctrl-C to leave things in order.</summary>
    private static readonly TimeSpan _lastOrders = TimeSpan.FromMinutes(2);

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
                ProcessTerminationTimeout = _lastOrders,
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
            // Ctrl-C, where a verb has nothing to put in order.
            return Interrupted;
        }
    }

    /// <summary>Reads a file the user named.</summary>
    /// <exception cref="FileNotFoundException">With a message of one line that names it, as the other exceptions of files have.</exception>
    public static byte[] ReadFile(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path)
        : throw new FileNotFoundException(Directory.Exists(path) ? $"{path}: a folder, not a file" : $"{path}: no such file");

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"mesh: {reason.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)}");
        return UserError;
    }
}
