using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>Out of memory, on the CPU or on an accelerator. The process is still healthy, and the call can be retried.</summary>
public static class MemoryFailure
{
    // libtorch has no exception type for it; TorchSharp passes on the messages of c10's allocators, CUDA's libraries and C++.
    private static readonly string[] _nativeWords =
        ["out of memory", "not enough memory", "can't allocate memory", "Cannot allocate memory", "bad_alloc", "ALLOC_FAILED"];

    public static bool Is(Exception e) => e is OutOfMemoryException
        || (e is ExternalException && _nativeWords.Any(words => e.Message.Contains(words, StringComparison.Ordinal)));
}
