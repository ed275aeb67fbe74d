using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>What .NET's Process cannot do: ask a process to end.</summary>
internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>Asks a process of ours to end; nothing happens where it already has.</summary>
    public static void Terminate(Process process)
    {
        // The number stays its own until we have seen it end, so that nobody else gets the signal.
        if (!process.HasExited)
        {
            _ = Kill(process.Id, SigTerm);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
