using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Detects IPv6, and starts processes without it.</summary>
public static class Ipv6
{
    /// <summary>Reason for skipping tests without ::1.</summary>
    public const string Missing = "needs IPv6's loopback address";

    /// <summary>Reason for skipping tests if IPv6 cannot be disabled for a process.</summary>
    public const string NotWithout = "needs Python 3, and leave to filter system calls";

    // socket(AF_INET6, ...) fails with EAFNOSUPPORT, as on a kernel that was started with ipv6.disable=1; x86-64's number of the call.
    private const string WithoutSockets = """
        import ctypes, os, struct, sys
        load, equal, leave, socket, inet6, refuse, allow = 0x20, 0x15, 0x06, 41, 10, 0x50000 | 97, 0x7FFF0000
        code = [(load, 0, 0, 0), (equal, 0, 3, socket), (load, 0, 0, 16), (equal, 0, 1, inet6), (leave, 0, 0, refuse), (leave, 0, 0, allow)]
        lines = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(lines)))
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program, 0, 0):
            sys.exit(1)
        os.execvp(sys.argv[1], sys.argv[1:])
        """;

    public static bool IsThere
    {
        get
        {
            try
            {
                using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
                listener.Start();
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    public static bool CanBeWithout
    {
        get
        {
            try
            {
                using var process = Process.Start(Without("true"))!;
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }

    /// <summary>A command that runs without IPv6.</summary>
    public static ProcessStartInfo Without(string program, params string[] arguments) =>
        new("python3", ["-c", WithoutSockets, program, .. arguments]);
}
