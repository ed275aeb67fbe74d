using System.Diagnostics;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>
/// Host names known only to processes started through it, like those of a cluster: they run in a mount namespace with their own /etc, whose hosts
/// file the system's resolver reads at every look-up. A name may have several addresses, which may change.
/// </summary>
public sealed class PrivateNames : IDisposable
{
    /// <summary>Reason for skipping tests without permission.</summary>
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
        // Use every line of a name, not only the first.
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

    /// <summary>Sets the addresses of a name; without any, it is unknown.</summary>
    public void Set(string name, params string[] addresses)
    {
        _names[name] = addresses;
        Write();
    }

    /// <summary>A command that can resolve the names.</summary>
    public ProcessStartInfo Command(string program, params string[] arguments) =>
        new("unshare", [.. _unshare, "sh", "-c", "mount --bind \"$0\" /etc && exec \"$@\"", _etc.Path, program, .. arguments]);

    public void Dispose() => _etc.Dispose();

    private void Write()
    {
        // Replaced atomically: readers see the old or the new file.
        File.WriteAllLines(_etc["hosts.new"], _names.SelectMany(name => name.Value.Select(address => $"{address} {name.Key}")));
        File.Move(_etc["hosts.new"], _etc["hosts"], overwrite: true);
    }
}
