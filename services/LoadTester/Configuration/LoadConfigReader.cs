using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>Reads ghz's JSON configuration, for constant messages. Unlike in ghz, unknown keys are errors.</summary>
internal sealed class LoadConfigReader
{
    // Sources of the methods for ghz; this tool knows the mesh's methods.
    private static readonly string[] _contractKeys = ["proto", "protoset", "import-paths"];

    private static readonly string[] _messageKeys = ["binary-file", "data", "data-file"];

    private readonly string _file;
    private readonly JsonObject _json;
    private readonly HashSet<string> _read = [];

    private LoadConfigReader(string file, JsonObject json) => (_file, _json) = (file, json);

    /// <exception cref="LoadException">Not a JSON object, an unknown or missing key, or a value of the wrong type.</exception>
    public static LoadConfig Read(string file)
    {
        try
        {
            return new LoadConfigReader(file, JsonObject.Create(JsonFile.ParseObject(file, CommandHost.ReadFile(file)))!).Read();
        }
        catch (BundleException e)
        {
            throw new LoadException(e.Message);
        }
    }

    private LoadConfig Read()
    {
        var defaults = new LoadConfig { Call = "", Host = "" };
        var config = defaults with
        {
            Name = Text("name") ?? Path.GetFileNameWithoutExtension(_file),
            Call = Required("call"),
            Host = Required("host"),
            BinaryFile = Text("binary-file"),
            Data = Find("data"),
            DataFile = Text("data-file"),
            HeaderTexts = Texts("metadata"),
            Tags = Texts("tags"),
            Total = Number("total", 1) ?? defaults.Total,
            Duration = Duration("duration"),
            MaxDuration = Duration("max-duration"),
            DurationStop = OneOf("duration-stop", defaults.DurationStop),
            Timeout = Duration("timeout") ?? defaults.Timeout,
            ConnectTimeout = Duration("connect-timeout") ?? defaults.ConnectTimeout,
            Connection = new Connection
            {
                Tls = !Flag("insecure"),
                Authority = Text("cacert"),
                Certificate = Text("cert"),
                CertificateKey = Text("key"),
            },
            Connections = Number("connections", 1) ?? defaults.Connections,
            SkipFirst = Number("skipFirst", 0) ?? defaults.SkipFirst,
            Async = Flag("async"),
            Concurrency = ReadSchedule("concurrency", Number("concurrency", 1) ?? defaults.Concurrency.Start, start: 1),
            Load = ReadSchedule("load", Number("rps", 0) ?? 0, start: 0),
        };
        if (config.Connection is { Tls: false } and ({ Authority: not null } or { Certificate: not null }))
        {
            throw Fault("insecure", "cannot be true together with cacert or cert");
        }
        if (_messageKeys.Where(key => _json[key] is not null).ToArray() is not [_])
        {
            throw Fault(string.Join(", ", _messageKeys), "exactly one of them is required");
        }
        if (_json.Select(p => p.Key).FirstOrDefault(key => !_read.Contains(key) && !_contractKeys.Contains(key)) is { } unknown)
        {
            throw Fault(unknown, "unknown key");
        }
        return config.Async && config.Load is { Kind: ScheduleKind.Const, Start: 0 }
            ? throw Fault("async", "an open loop needs a rate: rps, or a load-schedule")
            : config;
    }

    /// <summary>Reads NAME-schedule and its related keys; <paramref name="constant"/> is the value without a schedule.</summary>
    private Schedule ReadSchedule(string name, int constant, int start)
    {
        var kind = OneOf($"{name}-schedule", ScheduleKind.Const);
        start = Number($"{name}-start", 0) ?? start;
        var (end, step) = (Number($"{name}-end", 0) ?? 0, Number($"{name}-step", int.MinValue) ?? 0);
        var (every, most) = (Duration($"{name}-step-duration") ?? default, Duration($"{name}-max-duration") ?? default);
        if (kind == ScheduleKind.Const)
        {
            return new Schedule(constant);
        }
        if (step == 0)
        {
            throw Fault($"{name}-step", $"a {name}-schedule \"{kind.ToString().ToLowerInvariant()}\" needs it");
        }
        if (start < 1)
        {
            throw Fault($"{name}-start", "must be at least 1");
        }
        if (kind == ScheduleKind.Step && every <= TimeSpan.Zero)
        {
            throw Fault($"{name}-step-duration", $"a {name}-schedule \"step\" needs it");
        }
        return new Schedule(start, kind, step, end, kind == ScheduleKind.Line ? TimeSpan.FromSeconds(1) : every, most);
    }

    private JsonNode? Find(string key)
    {
        _read.Add(key);
        return _json[key];
    }

    private string Required(string key) => Text(key) is { Length: > 0 } text ? text : throw Fault(key, "missing");

    private string? Text(string key) => Find(key) is not { } node ? null
        : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : throw Fault(key, "not a string");

    private bool Flag(string key) => Find(key)?.GetValueKind() switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Fault(key, "not true or false"),
    };

    private int? Number(string key, int least) => Find(key) is not { } node ? null
        : node is JsonValue value && value.TryGetValue<int>(out var number) && number >= least ? number
        : throw Fault(key, least > int.MinValue ? $"not a whole number of {least} or more" : "not a whole number");

    private TimeSpan? Duration(string key) => Text(key) is not { } text ? null
        : GoDuration.TryParse(text) ?? throw Fault(key, $"\"{text}\" is not a duration such as 10s, 300ms or 1m30s");

    private T OneOf<T>(string key, T otherwise)
        where T : struct, Enum => Text(key) is not { } text ? otherwise
        : Enum.TryParse<T>(text, ignoreCase: true, out var value) && !char.IsAsciiDigit(text[0]) ? value
        : throw Fault(key, $"\"{text}\" is not one of {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}");

    private Dictionary<string, string> Texts(string key) => Find(key) switch
    {
        null => [],
        JsonObject map when map.All(p => p.Value?.GetValueKind() == JsonValueKind.String) =>
            map.ToDictionary(p => p.Key, p => p.Value!.GetValue<string>()),
        _ => throw Fault(key, "not an object of strings"),
    };

    private LoadException Fault(string key, string reason) => new($"{_file}: {key}: {reason}");
}
