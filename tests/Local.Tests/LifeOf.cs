using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A process that is not a child of this one, with its end as an event (pidfd_open): its process id might be reused.</summary>
internal sealed partial class LifeOf : IDisposable
{
    private const int PidfdOpen = 434;
    private const short PollIn = 1;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly int _pid;
    private readonly SafeFileHandle _handle;

    public LifeOf(int pid)
    {
        _pid = pid;
        _handle = new SafeFileHandle((nint)SysCall(PidfdOpen, pid, 0), ownsHandle: true);
        Assert.False(_handle.IsInvalid, $"no process {pid}");
    }

    public bool HasEnded => Wait(TimeSpan.Zero);

    public async Task AssertEnds() => Assert.True(await Task.Run(() => Wait(_patience)), $"process {_pid} did not end within {_patience}");

    public void Dispose() => _handle.Dispose();

    private bool Wait(TimeSpan time)
    {
        var poll = new PollFd { Fd = (int)_handle.DangerousGetHandle(), Events = PollIn };
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            var left = time - Stopwatch.GetElapsedTime(started);
            var got = Poll(ref poll, 1, Math.Max(0, (int)left.TotalMilliseconds));
            // Interrupted by a signal, such as another child's end.
            if (got >= 0 || left < TimeSpan.Zero)
            {
                return got == 1;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SysCall(long number, long pid, long flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollFd descriptors, nuint count, int milliseconds);

    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Got;
    }
}
