namespace MedMoE.Mesh.LoadTester.Checking;

internal static class Judgement
{
    /// <summary>Prints a line for each fault to standard error, or one line to standard output if there is none.</summary>
    public static int Print(string run, IReadOnlyList<string> faults)
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
