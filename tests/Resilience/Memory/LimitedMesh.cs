using System.Diagnostics;
using System.Globalization;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Resilience.Memory;

/// <summary>
/// A mesh of the demo bundle with the CT expert, whose gateway and router have the memory and the processor of their manifests (k8s/base), as far as
/// .NET takes notice of them.
/// </summary>
internal sealed class LimitedMesh : IDisposable
{
    private const long Mebi = 1 << 20;

    private readonly List<ServiceProcess> _processes = [];

    /// <summary>HOST:PORT.</summary>
    public string Gateway => _processes[^1].Grpc;

    /// <summary>The largest resident memory of the gateway and of the router so far, in MiB.</summary>
    public (long Gateway, long Router) Peaks => (Peak(_processes[^1]), Peak(_processes[^2]));

    public static async Task<LimitedMesh> Start()
    {
        var bundle = $"Model:Bundle={Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo")}";
        var mesh = new LimitedMesh();
        try
        {
            var backbone = await mesh.Add("Backbone", memory: null, bundle);
            var text = await mesh.Add("TextEncoder", memory: null, bundle);
            var expert = await mesh.Add("Expert", memory: null, bundle, "Expert:Name=ct");
            string[] services =
            [
                $"Endpoints:Services:backbone={backbone.Grpc}", $"Endpoints:Services:text-encoder={text.Grpc}",
                $"Endpoints:Services:expert-ct={expert.Grpc}",
            ];
            var router = await mesh.Add("Router", memory: 1024 * Mebi, [bundle, .. services]);
            await mesh.Add("Gateway", memory: 512 * Mebi, [$"Endpoints:Services:router={router.Grpc}", .. services]);
            return mesh;
        }
        catch
        {
            mesh.Dispose();
            throw;
        }
    }

    public void Dispose() => _processes.ForEach(process => process.Dispose());

    private async Task<ServiceProcess> Add(string project, long? memory, params string[] settings)
    {
        var process = await ServiceProcess.StartBy((program, arguments) => Command(program, arguments, memory), project, settings);
        _processes.Add(process);
        return process;
    }

    private static ProcessStartInfo Command(string program, string[] arguments, long? memory)
    {
        var start = new ProcessStartInfo(program, arguments);
        if (memory is { } bytes)
        {
            // In a container .NET gives three quarters of the memory to its heap, and counts the processors of the limit.
            start.Environment["DOTNET_GCHeapHardLimit"] = (bytes * 3 / 4).ToString("x", CultureInfo.InvariantCulture);
            start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        }
        return start;
    }

    private static long Peak(ServiceProcess process) =>
        File.ReadLines($"/proc/{process.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is var line
            ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024 : 0;
}
