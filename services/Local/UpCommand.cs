using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Local.Security;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh up</c>: runs the whole mesh on this machine, each service in its own process.</summary>
internal sealed class UpCommand : Command
{
    private readonly Option<string?> _bundle = ModelOption.Bundle();
    private readonly Option<string[]> _replicas = new Option<string[]>("--replicas")
    {
        Description = $"Replicas, {ReplicaCounts.Named}. Default: one of each.",
    }.Listed();
    private readonly Option<string[]> _idle = new Option<string[]>("--idle")
    {
        Description = "Experts that are started when they are asked for, and stopped when nobody has asked for this long, as ct=5m,mri=1h.",
        HelpName = "EXPERT=TIME",
    }.Listed();
    private readonly Option<string?> _redis = new("--redis")
    {
        Description = "The Redis for the feature cache. Default: one in this process, 512 MB.",
        HelpName = "HOST:PORT",
    };
    private readonly Option<string> _pyramid = new Option<string>("--pyramid")
    {
        Description = "Element type of the features between services.",
        DefaultValueFactory = _ => "fp16",
    }.OneOf("fp16", "fp32", "bf16");
    private readonly Option<string> _device = ModelOption.Device();
    private readonly Option<string> _precision = ModelOption.Precision();
    private readonly Option<int> _port = new("--port") { Description = "The gateway's gRPC port. Default: chosen by the system." };
    private readonly Option<string> _name = NameOption.Create();
    private readonly Option<string[]> _settings = new("--set")
    {
        Description = "A setting for all services, as Serving:MaxMessageBytes=67108864; may be repeated.",
        HelpName = "KEY=VALUE",
    };
    private readonly Option<int> _httpPort = new("--http-port")
    {
        Description = "HTTP port of the gateway, for JSON, gRPC-Web, /metrics and /healthz; the other services get the next ones. "
            + "Default: chosen by the system.",
    };
    private readonly Option<string> _log = new Option<string>("--log")
    {
        Description = "Log lines as text, or as a JSON object each; then the table of addresses is on standard error.",
        DefaultValueFactory = _ => "text",
    }.OneOf("text", "json");
    private readonly Option<bool> _tls = new("--tls")
    {
        Description = "TLS on every connection, with an authority and certificates made for this run.",
    };
    private readonly Option<string?> _callers = new("--callers")
    {
        Description = "File of the callers that the gateway accepts, made by ./mesh key create. Default: everybody may call.",
        HelpName = "FILE",
    };
    private readonly Option<string[]> _only = new Option<string[]>("--only")
    {
        Description = $"Run only these services, as {ServiceCatalog.Backbone.Name},{ServiceCatalog.TextEncoder.Name}.",
        Hidden = true,
    }.Listed();

    public UpCommand()
        : base("up", "Runs the whole mesh on this machine, each service in its own process, until Ctrl-C.")
    {
        foreach (var port in new[] { _port, _httpPort })
        {
            port.RequireAtLeast(0, most: ushort.MaxValue);
        }
        _settings.Validators.Add(result =>
        {
            foreach (var setting in result.GetValueOrDefault<string[]>().Where(s => s.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--set: \"{setting}\" is not KEY=VALUE");
            }
        });
        this.AddOptions(
            _bundle, _replicas, _idle, _redis, _pyramid, _device, _precision, _port, _httpPort, _name, _tls, _callers, _log, _settings, _only);
        // Not an asynchronous action: those are ended 2 s after a signal, and a mesh needs longer to stop.
        SetAction(arguments => Run(Read(arguments)).GetAwaiter().GetResult());
    }

    private static async Task<int> Run(UpOptions options)
    {
        var bundle = ModelBundle.Open(options.Bundle);
        if (options.Callers is { } callers)
        {
            CallerList.Read(callers);
        }
        if (options.PublicCertificate is not null && !options.Tls)
        {
            throw new LocalMeshException("Tls:PublicCertificate needs --tls");
        }
        Ports.RequireFree("--port", options.Port);
        Ports.RequireFree("--http-port", options.HttpPort);
        using var signals = new StopSignals();
        using var folder = RuntimeFolder.Create(options.Name);
        using var redis = options.Redis is null ? EmbeddedRedis.Start() : null;
        using var certificates = options.Tls ? RunCertificates.Make(folder.Certificates, options.PublicCertificate) : null;
        var key = options.Callers is null ? null : AccessKey.Create();
        var arguments = new ServiceArguments(options, folder.Endpoints, options.Redis ?? redis!.Address, certificates, key);
        var plan = MeshPlan.For(options, bundle.Manifest, arguments, certificates, key);
        var log = new MeshLog(Console.Out, colours: !Console.IsOutputRedirected, options.JsonLog ? Console.Error : null);
        log.Info($"{bundle.Manifest.ModelVersion}: starting {plan.Services.Sum(s => s.Replicas)} processes");
        await LocalMesh.Run(plan, arguments, bundle, folder, log, signals);
        return 0;
    }

    private UpOptions Read(ParseResult arguments) => new()
    {
        Bundle = arguments.GetValue(_bundle) ?? ModelOption.DemoBundle,
        Replicas = string.Join(',', arguments.GetValue(_replicas) ?? []),
        Idle = arguments.GetValue(_idle) ?? [],
        Redis = arguments.GetValue(_redis),
        Pyramid = arguments.GetRequiredValue(_pyramid),
        Device = arguments.GetRequiredValue(_device),
        Precision = arguments.GetRequiredValue(_precision),
        Port = arguments.GetValue(_port),
        HttpPort = arguments.GetValue(_httpPort),
        Tls = arguments.GetValue(_tls),
        Callers = arguments.GetValue(_callers),
        JsonLog = arguments.GetValue(_log) == "json",
        Name = arguments.GetRequiredValue(_name),
        Settings = arguments.GetValue(_settings) ?? [],
        Only = arguments.GetValue(_only) ?? [],
    };
}
