using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>
/// A new image for the CT expert, without other load, and while eight callers saturate the X-ray expert through the same gateway. Like pods, which
/// have their own CPUs, the X-ray expert and its callers are pinned to the last CPU, and everything else to the first. Run it with OMP_NUM_THREADS=1,
/// because libtorch would start one thread per CPU of the machine.
/// </summary>
public class IsolationBenchmark
{
    private static readonly string _last = $"{Environment.ProcessorCount - 1}";

    private DemoMesh _mesh = null!;
    private ServiceProcess _xray = null!;
    private Process? _load;

    [GlobalSetup(Target = nameof(AtRest))]
    public async Task Start()
    {
        _xray = await ServiceProcess.Start("Expert", null, $"Model:Bundle={DemoMesh.Bundle}", "Expert:Name=xray");
        await Pin(_xray.Id, _last);
        _mesh = await DemoMesh.Start("ct", $"--Endpoints:Services:expert-xray={_xray.Grpc}");
        await Pin(Environment.ProcessId, "0");
        // Warm up, so that both measurements run fully compiled code.
        for (var i = 0; i < 300; i++)
        {
            await Ask();
        }
    }

    [GlobalSetup(Target = nameof(WhileXrayIsAtItsLimit))]
    public async Task StartWithLoad()
    {
        await Start();
        _load = Process.Start(new ProcessStartInfo(
            "taskset",
            [
                "-c", _last, "dotnet", Tool.AssemblyOf("LoadTester"), "load", "tests/load/fixed/expert-xray.json",
                "--host", _mesh.Gateway, "--duration", "1h",
            ])
        { WorkingDirectory = Golden.Repository, RedirectStandardOutput = true })!;
        // Wait until it is saturated: calls are queued.
        while ((await ServiceMetric.Read(_xray.Http)).Where(m => m.Name == "medmoe_requests").Sum(m => m.Value) < 4)
        {
            await Task.Yield();
        }
    }

    [GlobalCleanup]
    public async Task Stop()
    {
        _load?.Kill(entireProcessTree: true);
        await _mesh.DisposeAsync();
        _xray.Dispose();
        await Pin(Environment.ProcessId, $"0-{_last}");
    }

    [Benchmark(Baseline = true)]
    public Task<AnalyzeResponse> AtRest() => Ask();

    [Benchmark]
    public Task<AnalyzeResponse> WhileXrayIsAtItsLimit() => Ask();

    private async Task<AnalyzeResponse> Ask() => await _mesh.Client.AnalyzeAsync(new AnalyzeRequest
    {
        Image = MeshLoad.FreshImage(),
        Report = "There is a large mass.",
        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
    });

    /// <summary>Pins all threads of a process to CPUs.</summary>
    private static async Task Pin(int process, string processors)
    {
        if (!await Tool.Succeeds(Golden.Repository, ["taskset", "-a", "-c", "-p", processors, $"{process}"]))
        {
            throw new InvalidOperationException("taskset (util-linux) does not pin processes here");
        }
    }
}
