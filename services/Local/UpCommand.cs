using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh up</c>: runs the whole mesh on this machine, each service in its own process.</summary>
internal sealed class UpCommand : Command
{
    private readonly Option<string> _bundle = new("--bundle")
    {
        Description = "Folder of the model bundle. Default: the demo bundle of the repository.",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "demo"),
    };
    private readonly Option<string> _replicas = new("--replicas")
    {
        Description = $"Replicas, {ReplicaCounts.Named}. Default: one of each.",
        DefaultValueFactory = _ => "",
    };
    private readonly Option<string?> _redis = new("--redis")
    {
        Description = "HOST:PORT of the Redis for the feature cache. Default: one in this process, 512 MB.",
    };
    private readonly Option<string> _pyramid = new Option<string>("--pyramid")
    {
        Description = "Element type of the features between services.",
        DefaultValueFactory = _ => "fp16",
    }.AcceptOnlyFromAmong("fp16", "fp32", "bf16");
    private readonly Option<string> _device = new("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };
    private readonly Option<string> _precision = new Option<string>("--precision")
    {
        Description = "auto is bf16 if the device supports it, else fp32.",
        DefaultValueFactory = _ => "fp32",
    }.AcceptOnlyFromAmong("fp32", "tf32", "bf16", "fp16", "auto");
    private readonly Option<int> _port = new("--port") { Description = "The gateway's gRPC port. Default: chosen by the system." };
    private readonly Option<string> _name = NameOption.Create();
    private readonly Option<string[]> _settings = new("--set")
    {
        Description = "KEY=VALUE: a setting for all services, as Serving:MaxMessageBytes=67108864.",
    };
    private readonly Option<string> _only = new("--only")
    {
        Description = $"Run only these services, as {ServiceCatalog.Backbone.Name},{ServiceCatalog.TextEncoder.Name}.",
        DefaultValueFactory = _ => "",
        Hidden = true,
    };

    public UpCommand()
        : base("up", "Runs the whole mesh on this machine, each service in its own process, until Ctrl-C.")
    {
        _port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > ushort.MaxValue)
            {
                result.AddError("--port is not in 0..65535");
            }
        });
        _settings.Validators.Add(result =>
        {
            foreach (var setting in result.GetValueOrDefault<string[]>().Where(s => s.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--set: \"{setting}\" is not KEY=VALUE");
            }
        });
        this.AddOptions(_bundle, _replicas, _redis, _pyramid, _device, _precision, _port, _name, _settings, _only);
        // Not an asynchronous action: those are ended 2 s after a signal, and a mesh needs longer to stop.
        SetAction(arguments => Run(Read(arguments)).GetAwaiter().GetResult());
    }

    private static async Task<int> Run(UpOptions options)
    {
        var bundle = ModelBundle.Open(options.Bundle);
        using var signals = new StopSignals();
        using var folder = RuntimeFolder.Create(options.Name);
        using var redis = options.Redis is null ? EmbeddedRedis.Start() : null;
        var plan = MeshPlan.For(options, bundle.Manifest, folder.EndpointsFile, options.Redis ?? redis!.Address);
        var log = new MeshLog(Console.Out, colours: !Console.IsOutputRedirected);
        log.Info($"{bundle.Manifest.ModelVersion}: starting {plan.Services.Sum(s => s.Replicas)} processes");
        await LocalMesh.Run(plan, folder, log, signals);
        return 0;
    }

    private UpOptions Read(ParseResult arguments) => new()
    {
        Bundle = arguments.GetRequiredValue(_bundle),
        Replicas = arguments.GetRequiredValue(_replicas),
        Redis = arguments.GetValue(_redis),
        Pyramid = arguments.GetRequiredValue(_pyramid),
        Device = arguments.GetRequiredValue(_device),
        Precision = arguments.GetRequiredValue(_precision),
        Port = arguments.GetValue(_port),
        Name = arguments.GetRequiredValue(_name),
        Settings = arguments.GetValue(_settings) ?? [],
        Only = arguments.GetRequiredValue(_only).Split(',', StringSplitOptions.RemoveEmptyEntries),
    };
}
