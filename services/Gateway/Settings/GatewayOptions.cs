using System.ComponentModel.DataAnnotations;
using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Gateway.Settings;

/// <summary>Limits of the gateway and how it looks after replicas, from the section "Gateway".</summary>
internal sealed record GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Bytes a second that a message may not fall below for longer than <see cref="MessageTimeout"/>.</summary>
    public const int MinMessageRate = 16 << 10;

    /// <summary>
    /// Names of experts, comma-separated, that run where Endpoints:Default says. Those in Endpoints:Services are known anyway. Default: none.
    /// </summary>
    public string Experts { get; init; } = "";

    /// <summary>Calls with one request message that run at once; one more gets RESOURCE_EXHAUSTED. Default 1024.</summary>
    [Range(1, 1 << 20)]
    public int MaxCalls { get; init; } = 1024;

    /// <summary>
    /// Calls with a stream of request messages (AnalyzeStream, Localize) that are open at once. One more ends the one that has been idle longest
    /// (<see cref="StreamIdleTimeout"/>), or gets RESOURCE_EXHAUSTED. Default 128.
    /// </summary>
    [Range(1, 1 << 20)]
    public int MaxStreams { get; init; } = 128;

    /// <summary>
    /// Bytes of request messages held at once, from when they come until their call is answered; one more ends its call with RESOURCE_EXHAUSTED. A
    /// message that is alone is always taken. Default 128 MiB.
    /// </summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxBytes { get; init; } = 128 << 20;

    /// <summary>
    /// The part of <see cref="MaxCalls"/>, <see cref="MaxStreams"/> and <see cref="MaxBytes"/> that one client may hold; past it,
    /// RESOURCE_EXHAUSTED. Default 0.5; 1: all.
    /// </summary>
    [Range(0.001, 1.0)]
    public double MaxClientShare { get; init; } = 0.5;

    /// <summary>Proxies whose X-Forwarded-For is believed: addresses, networks, comma-separated: "10.0.0.0/8, fd00::7". Default: none.</summary>
    public string TrustedProxies { get; init; } = "";

    /// <summary>
    /// How long a stream may go without a byte in either direction and still keep its place when others need one. Before its first message has
    /// begun it has none to keep. Default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer may be left unread; then its call is reset: ENHANCE_YOUR_CALM, in gRPC RESOURCE_EXHAUSTED. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How old a client's connection gets, give or take a tenth. Then it takes no new calls (GOAWAY), and those on it finish: long-lived clients
    /// connect again and so find new gateways. Default 10 min; 0: any age.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan MaxConnectionAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Calls per second from one client; one more gets RESOURCE_EXHAUSTED. Default 0: no limit.</summary>
    [Range(0, 1 << 20)]
    public int CallsPerSecond { get; init; }

    /// <summary>Calls at once that a client may make after it was quiet, under <see cref="CallsPerSecond"/>. Default 0: those of a second.</summary>
    [Range(0, 1 << 20)]
    public int Burst { get; init; }

    /// <summary>
    /// Calls per second from one client that may fail for what is in them (INVALID_ARGUMENT, UNIMPLEMENTED); five times as many at once. Each call
    /// that succeeds makes up for one. Past the limit all of the client's calls get RESOURCE_EXHAUSTED, until time has made up for the failed ones.
    /// Default 10; 0: no limit.
    /// </summary>
    [Range(0, 1 << 20)]
    public int FailuresPerSecond { get; init; } = 10;

    /// <summary>What a refused caller is told to wait before it tries again, where the limit itself does not say. Default 100 ms.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a call may wait for its message: a stream's first one, the rest of one that has begun, the end of a request that has one message.
    /// A message that arrives gets a second more for every 16 KiB, but for no part of it more than this. Past it the call gets DEADLINE_EXCEEDED.
    /// Default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Bytes of a call's metadata at most: names, values, and 32 for each, as HTTP/2 counts them; more get RESOURCE_EXHAUSTED. Default 16384, as most
    /// gRPC servers have it.
    /// </summary>
    [Range(1 << 10, Listeners.MaxHeaderBytes / 2)]
    public int MaxMetadataBytes { get; init; } = 16 << 10;

    /// <summary>
    /// How long a call may go without a byte in either direction; then it gets DEADLINE_EXCEEDED. Default 10 min, as streams may be quiet.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ActivityTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often every replica is asked for its health; two bad answers and it gets no calls while others are well. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(2);
}
