using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>A load, as one of ghz's configuration files tells it (ghz, runner/config.go); names and defaults are ghz's.</summary>
internal sealed record LoadConfig
{
    /// <summary>What the report is called.</summary>
    public string Name { get; init; } = "";

    /// <summary>package.Service.Method or package.Service/Method.</summary>
    public required string Call { get; init; }

    /// <summary>HOST:PORT.</summary>
    public required string Host { get; init; }

    /// <summary>File of length-delimited messages. A call sends one, in turn; one that streams sends all of them.</summary>
    public string? BinaryFile { get; init; }

    /// <summary>Instead of the file, messages as JSON: one, or an array.</summary>
    public JsonNode? Data { get; init; }

    /// <summary>Instead of these, a file of them.</summary>
    public string? DataFile { get; init; }

    /// <summary>Headers of each call.</summary>
    public IReadOnlyDictionary<string, string> HeaderTexts { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels of the report.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Calls in all. Without meaning where there is a <see cref="Duration"/>.</summary>
    public int Total { get; init; } = 200;

    /// <summary>How long calls begin, or null for <see cref="Total"/> of them.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How long calls begin at most, or null.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>What becomes of calls that run when the duration ends.</summary>
    public DurationStop DurationStop { get; init; } = DurationStop.Close;

    /// <summary>Time-out of a call; zero for none.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time-out of the first connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public int Connections { get; init; } = 1;

    /// <summary>First calls that are not counted.</summary>
    public int SkipFirst { get; init; }

    /// <summary>Open loop: a call begins when its time has come, whatever the others do.</summary>
    public bool Async { get; init; }

    /// <summary>Calls that run at once, where the loop is closed.</summary>
    public Schedule Concurrency { get; init; } = new(50);

    /// <summary>Calls per second; of rate 0: as soon as a place is free.</summary>
    public Schedule Load { get; init; } = new(0);

    /// <summary>Calls per second where they do not change; 0: no limit.</summary>
    public int Rps => Load.Kind == ScheduleKind.Const ? Load.Start : 0;

    /// <summary>The messages, wherever they stand.</summary>
    /// <param name="type">What each must be.</param>
    /// <exception cref="LoadException">There is none, or something is no such message.</exception>
    public IReadOnlyList<byte[]> Messages(MessageDescriptor type) =>
        BinaryFile is not null ? FixtureFile.Read(BinaryFile, type)
        : DataFile is not null ? JsonMessages.ReadFile(DataFile, type)
        : JsonMessages.Read(Data, "data", type);

    /// <summary>The headers as gRPC takes them.</summary>
    public Metadata Headers => [.. HeaderTexts.Select(header => new Metadata.Entry(header.Key, header.Value))];
}

internal enum DurationStop
{
    /// <summary>They are broken off, and count as Canceled.</summary>
    Close,

    /// <summary>They are waited for.</summary>
    Wait,

    /// <summary>They are broken off, and do not count.</summary>
    Ignore,
}

internal enum ScheduleKind
{
    Const,
    Step,
    Line,
}

/// <summary>A number that changes with time.</summary>
/// <param name="Start">At first.</param>
/// <param name="Kind">How it changes.</param>
/// <param name="Step">By how much, every <paramref name="StepDuration"/>; a line's step is a second, as in ghz.</param>
/// <param name="End">Where it stays; 0: nowhere, unless <paramref name="MaxDuration"/> ends.</param>
/// <param name="StepDuration">Time between steps.</param>
/// <param name="MaxDuration">After this time it stays: at <paramref name="End"/>, or where it is. Zero: never.</param>
internal sealed record Schedule(
    int Start, ScheduleKind Kind = ScheduleKind.Const, int Step = 0, int End = 0, TimeSpan StepDuration = default, TimeSpan MaxDuration = default);
