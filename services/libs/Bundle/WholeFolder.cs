namespace MedMoE.Mesh.Bundle;

/// <summary>Folders that are there whole or not at all: made beside their place and moved there.</summary>
public static class WholeFolder
{
    /// <summary>Where a folder is while it is made.</summary>
    public static string Unfinished(string target) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)) + ".unfinished";

    /// <summary>Makes a folder; one that stands in its place is replaced once the new one is whole.</summary>
    /// <param name="target">The folder.</param>
    /// <param name="fill">Writes all that is to be in it into the folder that it is given. Where it throws, nothing has changed.</param>
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
