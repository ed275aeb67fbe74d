using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Bench;

/// <summary>What the figures were measured on.</summary>
/// <param name="Processor">As the system names it.</param>
/// <param name="Vectors">The widest vectors of it that the networks use.</param>
/// <param name="Cores">As .NET counts them, with the limits of the container.</param>
/// <param name="Threads">Of libtorch for one product.</param>
/// <param name="MemoryGib">That this process may use.</param>
/// <param name="System">Of the machine.</param>
/// <param name="Runtime">.NET.</param>
internal sealed record Machine(string Processor, string Vectors, int Cores, int Threads, double MemoryGib, string System, string Runtime)
{
    private const string Processors = "/proc/cpuinfo";
    private const string Model = "model name";

    public static Machine This() => new(
        ProcessorName(),
        Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : $"{RuntimeInformation.ProcessArchitecture}",
        Environment.ProcessorCount,
        get_num_threads(),
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string ProcessorName() =>
        File.Exists(Processors)
        && File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith(Model, StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : "unknown processor";
}
