using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Client;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>One configuration file of ghz (ghz, runner/config.go), with its names and defaults.</summary>
internal sealed record LoadConfig
{
    /// <summary>Name of the report.</summary>
    public string Name { get; init; } = "";

    /// <summary>package.Service.Method or package.Service/Method.</summary>
    public required string Call { get; init; }

    /// <summary>HOST:PORT.</summary>
    public required string Host { get; init; }

    /// <summary>File of length-prefixed messages. Calls send them in turn; a streaming call sends all of them.</summary>
    public string? BinaryFile { get; init; }

    /// <summary>Alternative: messages as JSON, one or an array.</summary>
    public JsonNode? Data { get; init; }

    /// <summary>Alternative: a file of such JSON.</summary>
    public string? DataFile { get; init; }

    public IReadOnlyDictionary<string, string> HeaderTexts { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Total number of calls. Ignored with a <see cref="Duration"/>.</summary>
    public int Total { get; init; } = 200;

    /// <summary>How long new calls start; null for <see cref="Total"/> calls.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How long new calls start at most; null for no limit.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>How to treat calls that are running when the duration ends.</summary>
    public DurationStop DurationStop { get; init; } = DurationStop.Close;

    /// <summary>Timeout of a call; zero for none.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Timeout of the first connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>With TLS or without, and as whom.</summary>
    public Connection Connection { get; init; } = new();

    public int Connections { get; init; } = 1;

    /// <summary>Number of first calls that are not counted.</summary>
    public int SkipFirst { get; init; }

    /// <summary>Open loop: calls start at their scheduled times, even if earlier ones are still running.</summary>
    public bool Async { get; init; }

    /// <summary>Concurrent calls in a closed loop.</summary>
    public Schedule Concurrency { get; init; } = new(50);

    /// <summary>Calls per second; 0: each starts as soon as a worker is free.</summary>
    public Schedule Load { get; init; } = new(0);

    /// <summary>Constant number of calls per second; 0: no limit.</summary>
    public int Rps => Load.Kind == ScheduleKind.Const ? Load.Start : 0;

    /// <summary>Reads the messages from whichever source is configured.</summary>
    /// <exception cref="LoadException">No message, or not a message of the type.</exception>
    public IReadOnlyList<byte[]> Messages(MessageDescriptor type) =>
        BinaryFile is not null ? FixtureFile.Read(BinaryFile, type)
        : DataFile is not null ? JsonMessages.ReadFile(DataFile, type)
        : JsonMessages.Read(Data, "data", type);

    public Metadata Headers => [.. HeaderTexts.Select(header => new Metadata.Entry(header.Key, header.Value))];

    /// <summary>Headers and deadline of a call that starts now.</summary>
    public CallOptions CallOptions() => new(Headers, Timeout > TimeSpan.Zero ? DateTime.UtcNow + Timeout : null);
}

internal enum DurationStop
{
    /// <summary>They are cancelled, and count as Canceled.</summary>
    Close,

    /// <summary>They run to their end.</summary>
    Wait,

    /// <summary>They are cancelled, and do not count.</summary>
    Ignore,
}

internal enum ScheduleKind
{
    Const,
    Step,
    Line,
}

/// <summary>A number that changes over time.</summary>
/// <param name="Start">Initial value.</param>
/// <param name="Kind">How it changes.</param>
/// <param name="Step">Change every <paramref name="StepDuration"/>; for a line every second, as in ghz.</param>
/// <param name="End">Final value; 0: none, unless <paramref name="MaxDuration"/> is reached.</param>
/// <param name="StepDuration">Time between steps.</param>
/// <param name="MaxDuration">After this time the value is <paramref name="End"/>, or no longer changes if that is 0. Zero: never.</param>
internal sealed record Schedule(
    int Start, ScheduleKind Kind = ScheduleKind.Const, int Step = 0, int End = 0, TimeSpan StepDuration = default, TimeSpan MaxDuration = default);
