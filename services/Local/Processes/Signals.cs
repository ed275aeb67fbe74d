using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Sends SIGTERM, which .NET's Process cannot.</summary>
internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>Does nothing if the process has ended.</summary>
    public static void Terminate(Process process)
    {
        // The process id is not reused before we have seen the process end, so the signal cannot reach another one.
        if (!process.HasExited)
        {
            _ = Kill(process.Id, SigTerm);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
