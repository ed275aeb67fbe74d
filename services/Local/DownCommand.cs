using System.CommandLine;
using System.Diagnostics;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh down</c>: stops a running mesh as Ctrl-C does.</summary>
internal sealed class DownCommand : Command
{
    private readonly Option<string> _name = NameOption.Create();

    public DownCommand()
        : base("down", "Stops a running mesh: running calls finish. Waits until it has ended.")
    {
        Options.Add(_name);
        SetAction(async (arguments, cancellation) =>
        {
            var name = arguments.GetRequiredValue(_name);
            using var mesh = new ControlClient(name);
            try
            {
                using var process = Process.GetProcessById((await mesh.Status(cancellation)).Pid);
                Signals.Terminate(process);
                await process.WaitForExitAsync(cancellation);
            }
            catch (ArgumentException)
            {
                // It has just ended by itself.
            }
            Console.WriteLine($"{name} has stopped");
            return 0;
        });
    }
}
