using System.Diagnostics;
using System.Globalization;
using MedMoE.Mesh.Measuring.Calls;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Bench;

/// <summary>A whole mesh of a bundle on loopback, one process of each service.</summary>
internal sealed class MeasuredMesh : IDisposable
{
    public const string NewImage = "new image";
    public const string KnownImage = "known image";
    public const string NewReport = "known image, new report";

    private readonly TemporaryFolder _runtime;
    private readonly LocalProcess _mesh;
    private readonly MeshCalls _calls;
    private readonly IReadOnlyList<(string Service, Process Process)> _processes;

    private MeasuredMesh(TemporaryFolder runtime, LocalProcess mesh, string gateway, byte[] image)
    {
        (_runtime, _mesh) = (runtime, mesh);
        _processes = [.. mesh.Table.Select(row => ($"{row.Service}/{row.Number}", Process.GetProcessById(row.Pid)))];
        _calls = new MeshCalls(gateway, image);
        Process[] processes = [.. _processes.Select(of => of.Process)];
        Cases =
        [
            .. new[] { 1, 8, 32 }.Select(callers => new CallsCase(Of(NewImage, callers), _calls, CallKind.NewImage, callers, processes)),
            .. new[] { 1, 8 }.Select(callers => new CallsCase(Of(KnownImage, callers), _calls, CallKind.KnownImage, callers, processes)),
            new CallsCase(Of(NewReport, 1), _calls, CallKind.NewReport, callers: 1, processes),
        ];
    }

    public IReadOnlyList<ICase> Cases { get; }

    /// <summary>MiB by process, the most that each has had in memory.</summary>
    public IReadOnlyDictionary<string, double> PeakMemory => _processes.ToDictionary(of => of.Service, of => Peak(of.Process.Id));

    /// <summary>What a case of calls is called.</summary>
    public static string Of(string kind, int callers) => $"{kind}, {callers} caller{(callers == 1 ? "" : "s")}";

    public static async Task<MeasuredMesh> Start(string bundle, byte[] image)
    {
        var runtime = new TemporaryFolder();
        var (mesh, gateway) = await LocalProcess.UpWhole(runtime, "--bundle", bundle);
        return new MeasuredMesh(runtime, mesh, gateway, image);
    }

    public void Dispose()
    {
        _calls.Dispose();
        _mesh.Dispose();
        foreach (var (_, process) in _processes)
        {
            process.Dispose();
        }
        _runtime.Dispose();
    }

    private static double Peak(int process)
    {
        const string Most = "VmHWM:";
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(Most, StringComparison.Ordinal));
        return double.Parse(line[Most.Length..^"kB".Length], CultureInfo.InvariantCulture) / 1024;
    }
}
