namespace MedMoE.Mesh.Bundle;

/// <summary>Creates folders atomically: fills a temporary folder beside the target, then moves it there.</summary>
public static class WholeFolder
{
    public static string Unfinished(string target) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)) + ".unfinished";

    /// <summary>Creates or replaces a folder. <paramref name="fill"/> writes a temporary folder; if it throws, the target is unchanged.</summary>
    public static void Make(string target, Action<string> fill)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var (unfinished, replaced) = (Unfinished(target), target + ".replaced");
        DeleteIfThere(unfinished);
        Directory.CreateDirectory(unfinished);
        try
        {
            fill(unfinished);
            DeleteIfThere(replaced);
            if (Directory.Exists(target))
            {
                Directory.Move(target, replaced);
            }
            Directory.Move(unfinished, target);
            DeleteIfThere(replaced);
        }
        finally
        {
            DeleteIfThere(unfinished);
        }
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
