using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>Work that failed for want of memory, on the CPU or on an accelerator. The call can be tried again; the process is well.</summary>
public static class MemoryFailure
{
    // libtorch has no type for it: TorchSharp hands on the words of c10's allocators, CUDA's libraries and C++.
    private static readonly string[] _nativeWords =
        ["out of memory", "not enough memory", "can't allocate memory", "Cannot allocate memory", "bad_alloc", "ALLOC_FAILED"];

    public static bool Is(Exception e) => e is OutOfMemoryException
        || (e is ExternalException && _nativeWords.Any(words => e.Message.Contains(words, StringComparison.Ordinal)));
}
