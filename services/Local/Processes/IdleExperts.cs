using System.Globalization;
using System.Text.RegularExpressions;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// Starts experts when they are asked for and ends them when they are not: what an autoscaler does on Kubernetes, by the same metrics of the routers.
/// </summary>
internal sealed partial class IdleExperts(Supervisor supervisor, MeshLog log, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an expert that is not asked for has no call to work for before it is stopped.</summary>
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(5);

    private readonly MeshTransport _transport = supervisor.Plan.TransportTo(ServiceCatalog.Router);

    // By service: each has a certificate with its own name.
    private readonly Dictionary<string, HttpClient> _http = [];

    // Of each expert's service: the requests for it, its work, and when it may be stopped.
    private readonly Dictionary<ProcessSpec, double> _asked = [];
    private readonly Dictionary<ProcessSpec, double> _work = [];
    private readonly Dictionary<ProcessSpec, DateTimeOffset> _stop = [];

    /// <summary>Watches until it is cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(_period, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            var versions = supervisor.Versions;
            if (await Asked(versions, cancellation) is not { } asked)
            {
                continue;
            }
            foreach (var spec in versions.Services)
            {
                if (spec.Service.Expert is { } expert && supervisor.Plan.Idle.TryGetValue(expert, out var idle))
                {
                    var (requests, waiting) = asked.GetValueOrDefault(spec);
                    await Follow(spec, idle, requests, waiting, cancellation);
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (var http in _http.Values)
        {
            http.Dispose();
        }
    }

    private async Task Follow(ProcessSpec spec, TimeSpan idle, double requests, double waiting, CancellationToken cancellation)
    {
        // A router that has started again counts from zero. Those that wait may have asked long ago, before an earlier replica was stopped.
        var isAsked = waiting > 0 || (_asked.TryGetValue(spec, out var before) && requests > before);
        _asked[spec] = requests;
        if (isAsked || !_stop.ContainsKey(spec))
        {
            _stop[spec] = time.GetUtcNow() + idle;
        }
        ReplicaStatus[] replicas = [.. supervisor.StatusOf(spec).Where(replica => replica.Number > 0)];
        if (replicas.Length == 0 && isAsked)
        {
            log.Info($"{spec.ShortName} is asked for: starting it");
            await Scale(spec, 1, cancellation);
            _stop[spec] = time.GetUtcNow() + idle;
        }
        else if (replicas.Length > 0 && time.GetUtcNow() >= _stop[spec])
        {
            // Nobody has asked for a while; it may still work for those before.
            var work = await Work(replicas, cancellation);
            if (work is null || work != _work.GetValueOrDefault(spec))
            {
                _work[spec] = work ?? 0;
                _stop[spec] = time.GetUtcNow() + _quiet;
                return;
            }
            log.Info($"{spec.ShortName} was not asked for {idle.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: stopping it");
            await Scale(spec, 0, cancellation);
        }
    }

    private async Task Scale(ProcessSpec spec, int replicas, CancellationToken cancellation)
    {
        try
        {
            await supervisor.Scale(new Dictionary<ProcessSpec, int> { [spec] = replicas }, cancellation);
        }
        catch (LocalMeshException e)
        {
            // The next request tries again.
            log.Info(e.Message);
        }
    }

    /// <summary>
    /// The requests for each expert's service at the routers of the versions that have it, and those that wait; null if a router cannot be read now.
    /// </summary>
    private async Task<IReadOnlyDictionary<ProcessSpec, (double Requests, double Waiting)>?> Asked(
        ServedVersions versions, CancellationToken cancellation)
    {
        var asked = new Dictionary<ProcessSpec, (double Requests, double Waiting)>();
        foreach (var version in versions.All)
        {
            var experts = version.Services.Where(spec => spec.Service.Expert is not null).ToDictionary(spec => spec.Service.Expert!);
            foreach (var router in version.Services.Where(spec => spec.Service.Kind == ServiceCatalog.Router).SelectMany(supervisor.StatusOf))
            {
                if (await Metrics(router, cancellation) is not { } metrics)
                {
                    return null;
                }
                foreach (Match match in ExpertMetric().Matches(metrics))
                {
                    if (!experts.TryGetValue(match.Groups[2].Value, out var spec))
                    {
                        continue;
                    }
                    var (count, (requests, waiting)) = (Number(match.Groups[3]), asked.GetValueOrDefault(spec));
                    asked[spec] = match.Groups[1].ValueSpan is "waiting" ? (requests, waiting + count) : (requests + count, waiting);
                }
            }
        }
        return asked;
    }

    /// <summary>The calls that replicas of an expert have ended; null if one runs now, or a replica cannot be read.</summary>
    private async Task<double?> Work(IEnumerable<ReplicaStatus> replicas, CancellationToken cancellation)
    {
        var work = 0.0;
        foreach (var replica in replicas)
        {
            if (await Metrics(replica, cancellation) is not { } metrics
                || ExpertCalls().Matches(metrics).Any(match => match.Groups[1].ValueSpan is "requests" && Number(match.Groups[2]) > 0))
            {
                return null;
            }
            work += ExpertCalls().Matches(metrics).Where(match => match.Groups[1].ValueSpan is not "requests").Sum(match => Number(match.Groups[2]));
        }
        return work;
    }

    private async Task<string?> Metrics(ReplicaStatus replica, CancellationToken cancellation)
    {
        try
        {
            return replica.Listening is { } listening
                ? await HttpTo(replica.Service).GetStringAsync(new Uri(_transport.AddressOf(listening.Http)!, CallHeaders.MetricsPath), cancellation)
                : null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private HttpClient HttpTo(string service) => _http.TryGetValue(service, out var known) ? known
        : _http[service] = new HttpClient(_transport.Secure(new SocketsHttpHandler(), service)) { Timeout = _timeout };

    private static double Number(Group digits) => double.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^medmoe_expert_(requests_total|waiting)\{[^}]*expert=""([^""]+)""[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex ExpertMetric();

    // Not those that ask for its model.
    [GeneratedRegex(@"^medmoe_(requests|request_duration_seconds_count)\{[^}]*ExpertService/[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex ExpertCalls();
}
