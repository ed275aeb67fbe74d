using System.CommandLine;
using MedMoE.Mesh.Resilience.Attacks;

namespace MedMoE.Mesh.Resilience.Memory;

/// <summary><c>memory</c>: 100 images of 30 MB at once, with the memory of gateway and router limited as in their manifests.</summary>
internal sealed class MemoryCommand : Command
{
    private readonly Option<int[]> _addresses = new("--addresses")
    {
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 20],
        Description = "From how many addresses.",
    };

    public MemoryCommand()
        : base("memory", "100 images of 30 MB at once: the largest memory of gateway (512 MiB) and router (1 GiB), and what an honest client felt.")
    {
        Options.Add(_addresses);
        SetAction(async (arguments, cancellation) =>
        {
            await Console.Out.WriteLineAsync($"{AttacksCommand.Heading} gateway's peak | router's peak |");
            await Console.Out.WriteLineAsync("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            foreach (var addresses in arguments.GetRequiredValue(_addresses))
            {
                using var mesh = await LimitedMesh.Start();
                var row = await AttacksCommand.Measure(Attack.LargeImages, mesh.Gateway, addresses, cancellation);
                var (gateway, router) = mesh.Peaks;
                await Console.Out.WriteLineAsync($"{row} {gateway} MiB | {router} MiB |");
            }
            return 0;
        });
    }
}
