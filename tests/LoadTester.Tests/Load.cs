using System.Text.Json;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Measurement;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.LoadTester.Tests;

/// <summary>A load of health checks.</summary>
internal sealed class Load : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Load(string host)
    {
        File.WriteAllBytes(_folder["health.bin"], [0]);
        Config = new LoadConfig
        {
            Call = "grpc.health.v1.Health.Check",
            Host = host,
            BinaryFile = _folder["health.bin"],
            Concurrency = new Schedule(4),
            Total = 200,
        };
    }

    public LoadConfig Config { get; init; }

    public string this[string file] => _folder[file];

    public static async Task<Measurements> Run(LoadConfig config, CancellationToken stop = default)
    {
        var method = MeshMethod.Find(config.Call);
        using var channels = await LoadChannels.Open(config, config.Connections);
        var recorder = new Recorder(config.SkipFirst);
        var run = new LoadRun(config, method, config.Messages(method.Descriptor.InputType), expected: null, recorder);
        var (_, total) = await run.Run(channels.Invokers, stop);
        return recorder.Sum(total);
    }

    /// <summary>Writes a configuration, by ghz's keys.</summary>
    public string WriteConfig(params (string Key, object Value)[] more)
    {
        var keys = new Dictionary<string, object>
        {
            ["name"] = "health",
            ["call"] = Config.Call,
            ["host"] = Config.Host,
            ["insecure"] = true,
            ["binary-file"] = Config.BinaryFile!,
            ["concurrency"] = 4,
        };
        foreach (var (key, value) in more)
        {
            keys[key] = value;
        }
        File.WriteAllText(_folder["health.json"], JsonSerializer.Serialize(keys));
        return _folder["health.json"];
    }

    /// <summary>Writes limits.</summary>
    public string WriteLimits(string json = """{"health": {"answers": [{"status": "SERVING"}]}}""")
    {
        File.WriteAllText(_folder["limits.json"], json);
        return _folder["limits.json"];
    }

    public static Task<Tool.Result> Command(params string[] arguments) =>
        Tool.Command(Golden.Repository, ["dotnet", Tool.AssemblyOf("LoadTester"), "load", .. arguments]);

    public void Dispose() => _folder.Dispose();
}
