using System.CommandLine;
using System.Diagnostics;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Resilience.Doors;

/// <summary>
/// <c>doors</c>: what each door of the gateway costs beside gRPC. The doors of one mesh are measured in turns; only the ratios count.
/// </summary>
internal sealed class DoorsCommand : Command
{
    private const int KnownCalls = 100;
    private const int NewCalls = 20;

    private readonly Option<int> _rounds = new("--rounds") { DefaultValueFactory = _ => 12, Description = "Turns of each door." };

    public DoorsCommand()
        : base("doors", "Latency of an image's embedding through each door of the gateway, divided by that through gRPC, measured in turns.")
    {
        Options.Add(_rounds);
        SetAction(async (arguments, cancellation) =>
        {
            using var runtime = new TemporaryFolder();
            var (mesh, gateway) = await LocalProcess.UpWhole(runtime);
            using var own = mesh;
            using var doors = new MeshDoors(gateway, new Uri($"http://{mesh.Table.Single(row => row.Service == "gateway").Http}"));
            await Print(arguments.GetValue(_rounds), doors.All, cancellation);
            return 0;
        });
    }

    private static async Task Print(int rounds, IReadOnlyList<(string Name, Func<byte[], Task> Ask)> doors, CancellationToken cancellation)
    {
        var known = NewImage();
        var (ofKnown, ofNew) = (new List<double[]>[doors.Count], new List<double[]>[doors.Count]);
        for (var door = 0; door < doors.Count; door++)
        {
            (ofKnown[door], ofNew[door]) = ([], []);
        }
        // The first round compiles.
        for (var round = 0; round <= rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var turn = 0; turn < doors.Count; turn++)
            {
                // Each door is the first as often as the others.
                var door = (turn + round) % doors.Count;
                var times = (Known: await Times(doors[door].Ask, KnownCalls, () => known), New: await Times(doors[door].Ask, NewCalls, NewImage));
                if (round > 0)
                {
                    ofKnown[door].Add(times.Known);
                    ofNew[door].Add(times.New);
                }
            }
        }
        await Console.Out.WriteLineAsync("| door | known image, p50 | of single rounds | new image, p50 | of single rounds |");
        await Console.Out.WriteLineAsync("| --- | --- | --- | --- | --- |");
        for (var door = 1; door < doors.Count; door++)
        {
            await Console.Out.WriteLineAsync($"| {doors[door].Name} | {Ratio(ofKnown)} | {Ratio(ofNew)} |");

            string Ratio(List<double[]>[] values) => Measured.Ratio(values[door], values[0], ordered => Measured.Quantile(ordered, 0.5));
        }
    }

    private static byte[] NewImage() => MeshLoad.FreshImage().Encoded.ToByteArray();

    /// <summary>Milliseconds of each of so many calls, one after the other.</summary>
    private static async Task<double[]> Times(Func<byte[], Task> ask, int calls, Func<byte[]> image)
    {
        var milliseconds = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            var file = image();
            var started = Stopwatch.GetTimestamp();
            await ask(file);
            milliseconds[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return milliseconds;
    }
}
