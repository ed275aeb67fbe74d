using System.ComponentModel.DataAnnotations;
using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Gateway;

/// <summary>Limits of the gateway and how it looks after replicas, from the section "Gateway".</summary>
internal sealed record GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Bytes a second that a message may not fall below for longer than <see cref="MessageTimeout"/>.</summary>
    public const int MinMessageRate = 16 << 10;

    /// <summary>Names of experts, comma-separated, that run where Endpoints:Expert says. Those in Endpoints:Experts are known anyway. Default: none.</summary>
    public string Experts { get; init; } = "";

    /// <summary>Calls that run at once, streams included; one more gets RESOURCE_EXHAUSTED. Default 1024.</summary>
    [Range(1, 1 << 20)]
    public int MostCalls { get; init; } = 1024;

    /// <summary>Calls per second from one client address; one more gets RESOURCE_EXHAUSTED. Default 0: no limit.</summary>
    [Range(0, 1 << 20)]
    public int CallsPerSecond { get; init; }

    /// <summary>Calls at once that a client address may make after it was quiet, under <see cref="CallsPerSecond"/>. Default 0: as many as those of a second.</summary>
    [Range(0, 1 << 20)]
    public int Burst { get; init; }

    /// <summary>What a refused caller is told to wait before it tries again, where the limit itself does not say. Default 100 ms.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a call may wait for its message: a stream's first one, the rest of one that has begun, the end of a request that has one message.
    /// A message that arrives gets a second more for every 16 KiB. Past it the call gets DEADLINE_EXCEEDED. Default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes of a call's metadata at most: names, values, and 32 for each, as HTTP/2 counts them; more get RESOURCE_EXHAUSTED. Default 16384, as most
    /// gRPC servers have it.
    /// </summary>
    [Range(1 << 10, Listeners.MaxHeaderBytes / 2)]
    public int MaxMetadataBytes { get; init; } = 16 << 10;

    /// <summary>How long a call may go without a byte in either direction; then it gets DEADLINE_EXCEEDED. Default 10 min, as streams may be quiet.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ActivityTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often every replica is asked for its health; two bad answers and it gets no calls while others are well. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(2);
}
