namespace MedMoE.Mesh.LoadTester.Checking;

/// <summary>Tells what was not kept.</summary>
internal static class Judgement
{
    /// <summary>A line for each fault on standard error, or one for none on standard output.</summary>
    /// <returns>How many there are.</returns>
    public static int Tell(string run, IReadOnlyList<string> faults)
    {
        if (faults.Count == 0)
        {
            Console.WriteLine($"{run}: within its limits");
        }
        foreach (var fault in faults)
        {
            Console.Error.WriteLine($"{run}: {fault}");
        }
        return faults.Count;
    }
}
