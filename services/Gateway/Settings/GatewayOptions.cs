using System.ComponentModel.DataAnnotations;
using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Gateway.Settings;

/// <summary>Limits and health checks of the gateway, from the section "Gateway".</summary>
internal sealed record GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Minimum bytes per second of a message that takes longer than <see cref="MessageTimeout"/>.</summary>
    public const int MinMessageRate = 16 << 10;

    /// <summary>Comma-separated names of experts at Endpoints:Default, besides those in Endpoints:Services. Default: none.</summary>
    public string Experts { get; init; } = "";

    /// <summary>
    /// Port of the doors, HTTP/1.1; health and metrics are not on it, and Serving:HttpPort has nothing else then. 0 lets the system choose. Default:
    /// one port for all.
    /// </summary>
    [Range(0, 65535)]
    public int? DoorPort { get; init; }

    /// <summary>Maximum concurrent calls with one request message; one more gets RESOURCE_EXHAUSTED. Default 1024.</summary>
    [Range(1, 1 << 20)]
    public int MaxCalls { get; init; } = 1024;

    /// <summary>
    /// Maximum concurrent calls with a stream of request messages (AnalyzeStream, Localize). One more ends the call that has been idle for longest,
    /// see <see cref="StreamIdleTimeout"/>, or gets RESOURCE_EXHAUSTED. Default 128.
    /// </summary>
    [Range(1, 1 << 20)]
    public int MaxStreams { get; init; } = 128;

    /// <summary>
    /// Maximum bytes of request messages, each counted from its arrival until its call is answered; beyond it a call ends with RESOURCE_EXHAUSTED:
    /// one whose message still arrives, of the caller that holds most for its weight. A single message is always accepted. Default 128 MiB.
    /// </summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxBytes { get; init; } = 128 << 20;

    /// <summary>
    /// Share of <see cref="MaxCalls"/>, <see cref="MaxStreams"/> and <see cref="MaxBytes"/> that one client may use; beyond it RESOURCE_EXHAUSTED.
    /// Default 0.5; 1: all.
    /// </summary>
    [Range(0.001, 1.0)]
    public double MaxClientShare { get; init; } = 0.5;

    /// <summary>Proxies whose X-Forwarded-For is trusted, as comma-separated addresses or networks: "10.0.0.0/8, fd00::7". Default: none.</summary>
    public string TrustedProxies { get; init; } = "";

    /// <summary>
    /// Origins of web pages that browsers let call the HTTP port, comma-separated: "https://viewer.example.org, http://localhost:3000"; "*": all.
    /// Default: none.
    /// </summary>
    public string CorsOrigins { get; init; } = "";

    /// <summary>How long an idle stream, after its first message, is protected from replacement by a new one. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer may stay unread; then the call is reset and gets RESOURCE_EXHAUSTED. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum age of a client's connection, ±10 %. Then it takes no new calls (GOAWAY) and finishes the running ones, so that clients reconnect and
    /// find new gateways. Default 10 min; 0: no limit.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan MaxConnectionAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Maximum calls per second from one client; one more gets RESOURCE_EXHAUSTED. Default 0: no limit.</summary>
    [Range(0, 1 << 20)]
    public int CallsPerSecond { get; init; }

    /// <summary>Maximum burst of a client's calls, with <see cref="CallsPerSecond"/>. Default 0: the calls of one second.</summary>
    [Range(0, 1 << 20)]
    public int Burst { get; init; }

    /// <summary>
    /// Maximum calls per second from one client that fail as INVALID_ARGUMENT or UNIMPLEMENTED, in bursts of five times as many. Each successful call
    /// cancels a failed one. Beyond it all of the client's calls get RESOURCE_EXHAUSTED until the rate has fallen. Default 10; 0: no limit.
    /// </summary>
    [Range(0, 1 << 20)]
    public int FailuresPerSecond { get; init; } = 10;

    /// <summary>Retry delay sent to refused callers, unless the limit itself defines one. Default 100 ms.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long to wait for a message: a stream's first one, the rest of one, or the end of a request with one message. Each 16 KiB received add one
    /// second, but no single wait may be longer than this. Then the call gets DEADLINE_EXCEEDED. Default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum bytes of a call's metadata: names, values, and 32 for each, as HTTP/2 counts them; more get RESOURCE_EXHAUSTED. Default 16384, as in
    /// most gRPC servers.
    /// </summary>
    [Range(1 << 10, Listeners.MaxHeaderBytes / 2)]
    public int MaxMetadataBytes { get; init; } = 16 << 10;

    /// <summary>How long a call may be idle in both directions; then it gets DEADLINE_EXCEEDED. Default 10 min, because streams may pause.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ActivityTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Maximum calls whose copies are with a shadow version at once (Endpoints:Candidates); the copies of further ones are dropped. Default 16.
    /// </summary>
    [Range(0, 1 << 16)]
    public int MaxShadowCalls { get; init; } = 16;

    /// <summary>Maximum bytes of copied requests and of answers to compare; copies beyond it are dropped. Default 64 MiB.</summary>
    [Range(0L, 1L << 40)]
    public long MaxShadowBytes { get; init; } = 64 << 20;

    /// <summary>How long a shadow version may take to answer a copy. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan ShadowTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Interval of the health checks. A replica that fails two in a row gets no calls while others are healthy. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(2);
}
