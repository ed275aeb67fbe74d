using System.Diagnostics;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Model.Analysis;
using TorchSharp;

namespace MedMoE.Mesh.Model.Tests.Analysis;

public sealed class MemoryTests
{
    private const int WarmUp = 50;
    private const int Runs = 500;
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Analyze_ManyRuns_NativeMemoryStaysFlat(Architecture architecture)
    {
        using var files = new GoldenBundle(architecture);
        using var analyzer = new ImageAnalyzer(files.Open(), new TorchOptions());
        var image = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png"));
        string[] reports = ["normal", "There is a large mass in the right lung, with cardiomegaly", "small nodule in the left upper lobe"];
        void Run(int times)
        {
            for (var i = 0; i < times; i++)
            {
                analyzer.Analyze(image, reports[i % reports.Length], GatingPolicy.Auto);
            }
        }
        Run(WarmUp);
        var statistics = DisposeScopeManager.Statistics;
        var (tensors, resident) = (statistics.ThreadTotalLiveCount, ResidentBytes());

        Run(Runs);

        Assert.Equal(tensors, statistics.ThreadTotalLiveCount);
        var growth = ResidentBytes() - resident;
        // One leaked level of the pyramid alone (56·56·16 floats) would be 96 MiB after so many runs.
        Assert.True(growth < 32 * MiB, $"grew by {growth / MiB} MiB");
    }

    [Fact]
    public void Load_AndDispose_ReturnsEveryTensor()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var image = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png"));
        void LoadAndRun()
        {
            using var analyzer = new ImageAnalyzer(files.Open(), new TorchOptions());
            analyzer.Analyze(image, "normal", GatingPolicy.Auto);
        }
        LoadAndRun();
        var resident = ResidentBytes();

        for (var i = 0; i < 20; i++)
        {
            LoadAndRun();
        }

        // One set of networks has 3.5 MiB; if all twenty were kept, it would be 70.
        var growth = ResidentBytes() - resident;
        Assert.True(growth < 24 * MiB, $"grew by {growth / MiB} MiB");
    }

    private static long ResidentBytes()
    {
        // Managed garbage must not be measured.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
