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

    private readonly MeshTransport _transport = supervisor.Plan.TransportTo(ServiceCatalog.Router);
    private readonly HttpClient _http = new(
        supervisor.Plan.TransportTo(ServiceCatalog.Router).Secure(new SocketsHttpHandler(), ServiceCatalog.Router.Name))
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    private readonly Dictionary<string, double> _asked = [];
    private readonly Dictionary<string, long> _lastAsked = [];

    /// <summary>Watches until it is cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(_period, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (await Asked(cancellation) is not { } asked)
            {
                continue;
            }
            foreach (var (expert, idle) in supervisor.Plan.Idle)
            {
                var (requests, waiting) = asked.GetValueOrDefault(expert);
                await Follow(expert, idle, requests, waiting, cancellation);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task Follow(string expert, TimeSpan idle, double requests, double waiting, CancellationToken cancellation)
    {
        // A router that has started again counts from zero. Those that wait may have asked long ago, before an earlier replica was stopped.
        var isAsked = waiting > 0 || (_asked.TryGetValue(expert, out var before) && requests > before);
        _asked[expert] = requests;
        if (isAsked || !_lastAsked.ContainsKey(expert))
        {
            _lastAsked[expert] = time.GetTimestamp();
        }
        var runs = supervisor.Status().Any(replica => replica.Service == MeshService.ExpertNamed(expert).Name && replica.Number > 0);
        if (!runs && isAsked)
        {
            log.Info($"{expert} is asked for: starting it");
            await Scale(expert, 1, cancellation);
        }
        else if (runs && time.GetElapsedTime(_lastAsked[expert]) >= idle)
        {
            log.Info($"{expert} was not asked for {idle.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: stopping it");
            await Scale(expert, 0, cancellation);
        }
    }

    private async Task Scale(string expert, int replicas, CancellationToken cancellation)
    {
        try
        {
            await supervisor.Scale(new Dictionary<string, int> { [expert] = replicas }, cancellation);
        }
        catch (LocalMeshException e)
        {
            // The next request tries again.
            log.Info(e.Message);
        }
    }

    /// <summary>The requests for each expert at all routers, and those that wait; null if a router cannot be read now.</summary>
    private async Task<IReadOnlyDictionary<string, (double Requests, double Waiting)>?> Asked(CancellationToken cancellation)
    {
        var asked = new Dictionary<string, (double Requests, double Waiting)>();
        foreach (var router in supervisor.Status().Where(replica => replica.Service == ServiceCatalog.Router.Name))
        {
            if (router.Listening is not { } listening)
            {
                return null;
            }
            try
            {
                var metrics = await _http.GetStringAsync(new Uri(_transport.AddressOf(listening.Http)!, CallHeaders.MetricsPath), cancellation);
                foreach (Match match in ExpertMetric().Matches(metrics))
                {
                    var (expert, count) = (match.Groups[2].Value, double.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture));
                    var (requests, waiting) = asked.GetValueOrDefault(expert);
                    asked[expert] = match.Groups[1].ValueSpan is "waiting" ? (requests, waiting + count) : (requests + count, waiting);
                }
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                return null;
            }
        }
        return asked;
    }

    [GeneratedRegex(@"^medmoe_expert_(requests_total|waiting)\{[^}]*expert=""([^""]+)""[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex ExpertMetric();
}
