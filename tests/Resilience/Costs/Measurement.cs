namespace MedMoE.Mesh.Resilience.Costs;

/// <summary>What is measured of a mesh, in turns with the other.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Take">Measures once: one or more values.</param>
/// <param name="Figures">What is told of all values, which are in order.</param>
internal sealed record Measurement(
    string Name, Func<MeasuredMesh, Task<double[]>> Take, IReadOnlyList<(string Name, Func<double[], double> Of)> Figures)
{
    private const int Callers = 16;

    private static readonly TimeSpan _time = TimeSpan.FromSeconds(2);
    private static readonly (string, Func<double[], double>)[] _times =
        [("p50", values => Measured.Quantile(values, 0.5)), ("p99", values => Measured.Quantile(values, 0.99))];
    private static readonly (string, Func<double[], double>)[] _rate = [("calls a second", values => values.Average())];

    public static IReadOnlyList<Measurement> All { get; } =
    [
        new("known image", mesh => mesh.Latencies(200, () => MeasuredMesh.Known), _times),
        new("new image", mesh => mesh.Latencies(50, MeasuredMesh.Fresh), _times),
        new("known image on a new connection", mesh => mesh.FirstCalls(25), _times),
        new("known image, 16 callers", mesh => mesh.Throughput(Callers, _time, () => MeasuredMesh.Known), _rate),
        new("new image, 16 callers", mesh => mesh.Throughput(Callers, _time, MeasuredMesh.Fresh), _rate),
        new("answer of 1.3 MB, 16 callers", mesh => mesh.Throughput(Callers, _time, () => MeasuredMesh.Large), _rate),
    ];
}
