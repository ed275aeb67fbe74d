using System.Buffers;
using System.Diagnostics;
using System.Threading.Channels;

namespace MedMoE.Mesh.Cache;

/// <summary>Entries on their way to Redis, bounded in bytes and written one after the other, and the ends of their leases behind them.</summary>
/// <param name="metrics">What is counted.</param>
/// <param name="isPaused">Whether entries are dropped now.</param>
/// <param name="write">Writes an entry's bytes under a key; false if that failed.</param>
/// <param name="release">Ends the lease of a key.</param>
internal sealed class WriteQueue(
    CacheMetrics metrics, Func<bool> isPaused, Func<string, ReadOnlyMemory<byte>, Task<bool>> write, Func<string, Task> release)
{
    /// <summary>Limit of queued bytes to write; further entries are dropped.</summary>
    private const long MaxBytesWaiting = 16 << 20;

    /// <summary>Estimated bytes of a queued entry besides its value.</summary>
    private const int WaitingOverhead = 512;

    private readonly Channel<PendingWrite> _waiting = Channel.CreateUnbounded<PendingWrite>(new UnboundedChannelOptions { SingleReader = true });
    private long _bytesWaiting;

    public void Add(PendingWrite entry)
    {
        if (isPaused())
        {
            return;
        }
        var bytes = entry.Size + WaitingOverhead;
        if (Interlocked.Add(ref _bytesWaiting, bytes) - bytes > MaxBytesWaiting || !_waiting.Writer.TryWrite(entry))
        {
            Interlocked.Add(ref _bytesWaiting, -bytes);
            metrics.Dropped();
        }
    }

    /// <summary>Ends a lease after the entries that are queued now have been written or dropped.</summary>
    public void AddRelease(string key) => _waiting.Writer.TryWrite(new PendingWrite(key, 0, null));

    /// <summary>No more is added.</summary>
    public void Complete() => _waiting.Writer.Complete();

    /// <summary>Writes what is added, until the queue is complete and empty.</summary>
    public async Task Run()
    {
        var buffer = new ArrayBufferWriter<byte>();
        await foreach (var entry in _waiting.Reader.ReadAllAsync())
        {
            if (entry.Write is null)
            {
                await release(entry.Key);
                continue;
            }
            Interlocked.Add(ref _bytesWaiting, -entry.Size - WaitingOverhead);
            if (isPaused())
            {
                metrics.Dropped();
                continue;
            }
            if (entry.Size + EntryChecksum.Length > buffer.Capacity)
            {
                buffer = new ArrayBufferWriter<byte>(entry.Size + EntryChecksum.Length);
            }
            buffer.ResetWrittenCount();
            entry.Write(buffer);
            Debug.Assert(buffer.WrittenCount == entry.Size, "an entry writes another size than it says");
            EntryChecksum.Append(entry.Key, buffer);
            if (!await write(entry.Key, buffer.WrittenMemory))
            {
                // The failed write may still be using this buffer.
                buffer = new ArrayBufferWriter<byte>();
            }
        }
    }
}
