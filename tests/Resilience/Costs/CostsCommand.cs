using System.CommandLine;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Resilience.Costs;

/// <summary>
/// <c>costs</c>: what TLS on every hop and a key in every call cost. Two meshes run beside each other, and are measured in turns; only the ratios
/// count.
/// </summary>
internal sealed class CostsCommand : Command
{
    private const string Caller = "caller";

    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);

    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = _ => 12, Description = "Turns of each mesh." };

    public CostsCommand()
        : base("costs", "Latency and throughput of a mesh with TLS and keys, divided by those of one without, measured in turns.")
    {
        Options.Add(_rounds);
        SetAction(async (arguments, cancellation) =>
        {
            using var runtime = new TemporaryFolder();
            var (mesh, gateway) = await LocalProcess.UpWhole(runtime);
            using var own = mesh;
            using var secure = await SecureMesh.Start([], new CallerEntry(Caller, ["infer"]));
            using var plain = await MeasuredMesh.Open(gateway, new Connection(), _timeout);
            using var keyed = await MeasuredMesh.Open(secure.Gateway, secure.Of(Caller), _timeout);
            await Print(arguments.GetValue(_rounds), plain, keyed, cancellation);
            return 0;
        });
    }

    private static async Task Print(int rounds, MeasuredMesh plain, MeasuredMesh keyed, CancellationToken cancellation)
    {
        await Console.Out.WriteLineAsync("| | with TLS and keys, divided by without | of single rounds, lowest to highest |");
        await Console.Out.WriteLineAsync("| --- | --- | --- |");
        foreach (var measurement in Measurement.All)
        {
            List<double[]> without = [], with = [];
            // The first round compiles.
            for (var round = 0; round <= rounds; round++)
            {
                cancellation.ThrowIfCancellationRequested();
                // Each mesh is the first as often as the other.
                foreach (var mesh in round % 2 == 0 ? new[] { plain, keyed } : [keyed, plain])
                {
                    var values = await measurement.Take(mesh);
                    if (round > 0)
                    {
                        (mesh == plain ? without : with).Add(values);
                    }
                }
            }
            foreach (var (name, of) in measurement.Figures)
            {
                await Console.Out.WriteLineAsync($"| {measurement.Name}: {name} | {Measured.Ratio(with, without, of)} |");
            }
        }
    }
}
