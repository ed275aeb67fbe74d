namespace MedMoE.Mesh.Bundle;

/// <summary>
/// Files that a clone without Git LFS has in place of the large ones: a text that begins with <c>version https://git-lfs…</c>
/// (github.com/git-lfs/git-lfs, docs/spec.md).
/// </summary>
public static class GitLfs
{
    /// <summary>What is wrong with such a file, for messages.</summary>
    public const string Fault = "a Git LFS pointer, not the file itself: fetch it with git lfs pull";

    /// <summary>The start of a file that is enough for <see cref="IsPointer"/>, in bytes.</summary>
    public const int StartLength = 24;

    /// <param name="start">The first <see cref="StartLength"/> bytes or more; the whole file, if it is shorter.</param>
    public static bool IsPointer(ReadOnlySpan<byte> start) => start.StartsWith("version https://git-lfs"u8);
}
