using System.Globalization;
using System.Text;
using static MedMoE.Mesh.Bench.Workload;

namespace MedMoE.Mesh.Bench;

/// <summary>A result as Markdown.</summary>
internal sealed class BenchTables
{
    private readonly StringBuilder _text = new();
    private readonly Figures _figures;

    private BenchTables(BenchResult result)
    {
        _figures = result.Figures;
        var machine = result.Machine;
        Line($"{machine.Processor}, {machine.Cores} cores, {machine.Vectors}, {machine.Threads} threads of libtorch, {machine.MemoryGib} GiB;");
        Line($"{machine.System}; {machine.Runtime}; MedMoE.Mesh {result.Version}, {result.Measured:yyyy-MM-dd}; bundle {result.Bundle}");
        if (result.Peer is { } peer)
        {
            Line($"{Onnx}: {peer}.");
        }
        Networks();
        Mesh();
        Ratios();
        Memory(result.PeakMemoryMib);
    }

    public static string Of(BenchResult result) => new BenchTables(result)._text.ToString();

    private void Networks()
    {
        Heading("network, fp32 unless said", "batch", "ms of an item", "lowest to highest");
        foreach (var network in new[] { Backbone, BackboneBf16, Onnx, Products, Expert, Texts, Chain })
        {
            foreach (var batch in Batches)
            {
                if (_figures.Find(Workload.Of(network, batch), NetworkCase.Milliseconds) is { } ms)
                {
                    Row(network, $"{batch}", Number(ms.Median), Spread(ms));
                }
            }
        }
    }

    private void Mesh()
    {
        Heading("calls through the mesh", "a second", "lowest to highest", "p50 ms", "p99 ms", "processor ms a call");
        foreach (var (name, units) in _figures.All)
        {
            if (units.TryGetValue(CallsCase.PerSecond, out var perSecond))
            {
                Row(
                    name, Number(perSecond.Median), Spread(perSecond), Number(units[CallsCase.P50].Median), Number(units[CallsCase.P99].Median),
                    Number(units[CallsCase.Processor].Median));
            }
        }
    }

    private void Ratios()
    {
        Heading("ratio, round by round", "median", "lowest to highest");
        foreach (var batch in Batches)
        {
            var backbone = Network(Backbone, batch);
            Ratio($"{Onnx}: its time over the backbone's, batch {batch}", Network(Onnx, batch), backbone);
            Ratio($"{Products}, timed without the rest: their time over the backbone's, batch {batch}", Network(Products, batch), backbone);
            Ratio($"backbone: fp32's time over bf16's, batch {batch}", backbone, Network(BackboneBf16, batch));
            Ratio($"expert's time over the backbone's, batch {batch}", Network(Expert, batch), backbone);
        }
        var best = Batches.Select(batch => Network(Chain, batch)).OfType<Figure>().MinBy(figure => figure.Median);
        foreach (var callers in new[] { 8, 32 })
        {
            Ratio(
                $"mesh with {callers} callers: images a second over those of {Chain}, at its best batch",
                Calls(MeasuredMesh.NewImage, callers, CallsCase.PerSecond), best is null ? null : PerSecond(best));
        }
        var alone = Calls(MeasuredMesh.NewImage, 1, CallsCase.P50);
        Ratio($"one request alone: its p50 over the time of {Chain}", alone, Network(Chain, 1));
        Ratio("known image, new report: p50 over that of a new image", Calls(MeasuredMesh.NewReport, 1, CallsCase.P50), alone);

        Figure? Network(string network, int batch) => _figures.Find(Workload.Of(network, batch), NetworkCase.Milliseconds);

        Figure? Calls(string kind, int callers, string unit) => _figures.Find(MeasuredMesh.Of(kind, callers), unit);

        static Figure PerSecond(Figure milliseconds) => new([.. milliseconds.Rounds.Select(ms => 1000 / ms)]);
    }

    private void Memory(IReadOnlyDictionary<string, double> peaks)
    {
        Heading("process", "most memory, MiB");
        foreach (var (service, mebibytes) in peaks)
        {
            Row(service, Number(mebibytes));
        }
    }

    private void Ratio(string name, Figure? of, Figure? over)
    {
        if (of is not null && over is not null)
        {
            var ratio = of / over;
            Row(name, Number(ratio.Median), Spread(ratio));
        }
    }

    private void Heading(params string[] cells)
    {
        _text.AppendLine();
        Row(cells);
        Row([.. cells.Select(_ => "---")]);
    }

    private void Row(params string[] cells) => _text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");

    private void Line(FormattableString line) => _text.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    private static string Spread(Figure figure) => $"{Number(figure.Lowest)} to {Number(figure.Highest)}";

    /// <summary>Three digits.</summary>
    private static string Number(double value) =>
        value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
