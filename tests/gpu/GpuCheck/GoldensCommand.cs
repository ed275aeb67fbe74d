using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Reference.Networks;
using static TorchSharp.torch;

namespace MedMoE.Mesh.GpuCheck;

/// <summary>A network's outputs at one precision compared with its reference values.</summary>
/// <param name="Network">Which.</param>
/// <param name="Precision">Precision of the computation.</param>
/// <param name="Values">Tensors compared.</param>
/// <param name="Worst">Name of the worst one.</param>
/// <param name="Measure">"relative error" or "cosine".</param>
/// <param name="Value">Of the worst.</param>
/// <param name="Limit">Largest relative error, or smallest cosine.</param>
/// <param name="Passed">Whether all are within the limit.</param>
internal sealed record GoldenRow(string Network, string Precision, int Values, string Worst, string Measure, double Value, double Limit, bool Passed);

/// <summary>Compares every network with tests/golden on a device, with one line for each network and precision.</summary>
internal sealed class GoldensCommand : Command
{
    /// <summary>Other kernels add in a different order than the reference's CPU.</summary>
    private const double LargestError = 1e-4;

    private readonly Option<string> _device = new("--device") { Description = "cpu or cuda:N.", DefaultValueFactory = _ => "cpu" };

    private readonly Option<string[]> _precisions = new("--precisions")
    {
        Description = "fp32, tf32, bf16, fp16.",
        DefaultValueFactory = _ => ["fp32", "bf16", "fp16"],
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _only = new("--only") { Description = "One network, by its name. Default: all." };

    public GoldensCommand()
        : base("goldens", "Holds every network against its reference values.")
    {
        Options.Add(_device);
        Options.Add(_precisions);
        Options.Add(_only);
        SetAction(Run);
    }

    private void Run(ParseResult arguments)
    {
        var only = arguments.GetValue(_only);
        foreach (var precision in arguments.GetRequiredValue(_precisions))
        {
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            foreach (var (network, values) in Compare(TorchOptions.Parse(arguments.GetRequiredValue(_device), precision)))
            {
                if (only is null || only == network)
                {
                    JsonLine.Write(Judge(network, precision, values));
                }
                if (only == network)
                {
                    break;
                }
            }
        }
    }

    private static IEnumerable<(string Network, IReadOnlyList<Comparison> Values)> Compare(TorchOptions options)
    {
        yield return ("Swin (nano)", SwinGolden.Nano(options));
        yield return ("Swin, rows of a batch", SwinGolden.Rows(options));
        yield return ("Swin-T", SwinGolden.Tiny(options, batch: 3, row: 1));
        yield return ("BERT (nano)", BertGolden.Nano(options));
        yield return ("BERT, rows of a batch", BertGolden.Rows(options));
        foreach (var architecture in Enum.GetValues<Architecture>())
        {
            using var chain = new ChainGolden(architecture, options);
            yield return ($"gates ({architecture})", chain.Gates());
            yield return ($"experts ({architecture})", chain.Experts());
            yield return ($"words ({architecture})", chain.Words());
            yield return ($"expert, rows of a batch ({architecture})", chain.Rows());
        }
    }

    private static GoldenRow Judge(string network, string precision, IReadOnlyList<Comparison> values)
    {
        var inFull = precision == "fp32";
        // How far each exceeds its limit; NaN (a wrong shape or value) counts as the worst.
        var (worst, value, limit, over) = values.Select(v =>
        {
            var (value, limit) = inFull ? (v.RelativeError, LargestError) : (v.Cosine, v.SmallestCosine);
            return (v.Name, Value: value, Limit: limit, Over: double.IsNaN(value) ? double.MaxValue : inFull ? value - limit : limit - value);
        }).MaxBy(v => v.Over);
        return new(network, precision, values.Count, worst, inFull ? "relative error" : "cosine", value, limit, over <= 0);
    }
}
