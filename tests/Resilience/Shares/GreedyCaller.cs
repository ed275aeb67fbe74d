using System.Diagnostics;
using MedMoE.Mesh.Client;

namespace MedMoE.Mesh.Resilience.Shares;

/// <summary>
/// The process of <see cref="GreedyCommand"/>: one for all rounds, since a new one would compile its code beside the mesh each time.
/// </summary>
internal sealed class GreedyCaller : IDisposable
{
    private readonly Process _process;

    /// <param name="gateway">HOST:PORT.</param>
    /// <param name="connection">As whom.</param>
    /// <param name="load">Its options for the load.</param>
    public GreedyCaller(string gateway, Connection connection, params string[] load)
    {
        // With the lowest CPU priority: a real caller has its own machine.
        var start = new ProcessStartInfo(
            "nice",
            [
                "-n", "19", "dotnet", typeof(GreedyCommand).Assembly.Location, GreedyCommand.Verb, gateway,
                "--authority", connection.Authority!, .. load,
            ])
        { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment[ConnectionOptions.KeyVariable] = connection.Key;
        _process = Process.Start(start)!;
    }

    /// <summary>Lets it call for some time; returns how many calls a second ended how.</summary>
    public async Task<IReadOnlyList<string>> Call(TimeSpan time, CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync();
        await Task.Delay(time, cancellation);
        await _process.StandardInput.WriteLineAsync();
        var told = new List<string>();
        while (await _process.StandardOutput.ReadLineAsync(cancellation) is { Length: > 0 } line)
        {
            told.Add(line);
        }
        return told;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
