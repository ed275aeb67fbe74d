using System.Diagnostics;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>
/// Host names that only processes started through it know, as those of a cluster: they run in a mount namespace with an /etc of their own,
/// whose hosts file the system's resolver reads at every look-up. A name may have several addresses, and other ones later.
/// </summary>
public sealed class PrivateNames : IDisposable
{
    /// <summary>What a test says that is skipped where it is not allowed.</summary>
    public const string Missing = "needs unshare of util-linux, and leave to make a mount namespace";

    private static readonly string[] _unshare = ["--mount", "--map-root-user"];

    private readonly TemporaryFolder _etc = new();
    private readonly Dictionary<string, string[]> _names = new() { ["localhost"] = ["127.0.0.1"] };

    public PrivateNames()
    {
        foreach (var file in new[] { "ld.so.cache", "passwd", "group" }.Where(file => File.Exists($"/etc/{file}")))
        {
            File.Copy($"/etc/{file}", _etc[file]);
        }
        File.WriteAllText(_etc["nsswitch.conf"], "hosts: files\n");
        // Every line of a name counts, not the first alone.
        File.WriteAllText(_etc["host.conf"], "multi on\n");
        Write();
    }

    public static bool ArePossible
    {
        get
        {
            try
            {
                using var process = Process.Start(
                    new ProcessStartInfo("unshare", [.. _unshare, "mount", "--bind", "/tmp", "/etc"]) { RedirectStandardError = true })!;
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }

    /// <summary>Gives a name these addresses and no others; without any, it is unknown.</summary>
    public void Set(string name, params string[] addresses)
    {
        _names[name] = addresses;
        Write();
    }

    /// <summary>A command that knows the names.</summary>
    public ProcessStartInfo Command(string program, params string[] arguments) =>
        new("unshare", [.. _unshare, "sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", _etc.Path, program, .. arguments]);

    public void Dispose() => _etc.Dispose();

    private void Write()
    {
        // Readers see the file before or the file after.
        File.WriteAllLines(_etc["hosts.new"], _names.SelectMany(name => name.Value.Select(address => $"{address} {name.Key}")));
        File.Move(_etc["hosts.new"], _etc["hosts"], overwrite: true);
    }
}
