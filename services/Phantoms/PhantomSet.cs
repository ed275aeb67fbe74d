using System.Runtime.ExceptionServices;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Phantoms;

/// <summary>Which phantoms to make.</summary>
/// <param name="Out">Folder to make.</param>
/// <param name="Count">Studies.</param>
/// <param name="Seed">Another seed, other studies.</param>
/// <param name="Types">Study i is of type i modulo their number.</param>
/// <param name="Shards">WebDataset shards to write besides, none by default.</param>
/// <param name="Size">Pixels on each side.</param>
internal sealed record PhantomRequest(string Out, int Count, int Seed, IReadOnlyList<StudyType> Types, int Shards = 0, int Size = 224);

/// <summary>
/// A folder of phantoms: <c>images</c>, <c>masks</c>, <c>manifest.jsonl</c>, <c>prompts.json</c>, and <c>shards</c>. The same request gives the
/// same bytes, on however many cores.
/// </summary>
internal static class PhantomSet
{
    public const int SmallestImage = 64;
    public const int LargestImage = 1024;

    /// <summary>Studies in memory at once.</summary>
    private const int Batch = 64;

    private static readonly string _prompts = Path.Combine(AppContext.BaseDirectory, "prompts.json");

    /// <param name="request">Which.</param>
    /// <param name="progress">Told how many studies are written.</param>
    /// <param name="cancellation">Stops the making and leaves nothing.</param>
    /// <exception cref="PhantomException">The request cannot be met; nothing has been made.</exception>
    public static void Make(PhantomRequest request, Action<int> progress, CancellationToken cancellation)
    {
        Check(request);
        var unfinished = WholeFolder.Unfinished(request.Out);
        if (Path.Exists(unfinished))
        {
            throw new PhantomException($"{unfinished}: left by a run that was cut off, or still being made; remove it");
        }
        WholeFolder.Make(request.Out, folder => Write(request, folder, progress, cancellation));
    }

    private static void Check(PhantomRequest request)
    {
        if (request.Count is < 1 or > 1_000_000)
        {
            throw new PhantomException($"--count {request.Count}: 1 to 1000000 studies");
        }
        if (request.Size is < SmallestImage or > LargestImage)
        {
            throw new PhantomException($"--size {request.Size}: {SmallestImage} to {LargestImage} pixels");
        }
        if (request.Shards < 0 || request.Shards > request.Count)
        {
            throw new PhantomException($"--shards {request.Shards}: 0 to as many as there are studies, {request.Count}");
        }
        if (File.Exists(request.Out))
        {
            throw new PhantomException($"{request.Out}: a file, not a folder");
        }
        if (Directory.Exists(request.Out) && Directory.EnumerateFileSystemEntries(request.Out).Any())
        {
            throw new PhantomException($"{request.Out}: is there already and not empty");
        }
    }

    private static void Write(PhantomRequest request, string folder, Action<int> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        Directory.CreateDirectory(Path.Combine(folder, "masks"));
        var lines = new string[request.Count];
        // Shards are runs of studies that follow each other; a folder without shards is written in runs, too, to be told of progress.
        var runs = Math.Max(1, request.Shards);
        for (var run = 0; run < runs; run++)
        {
            var (first, end) = ((int)((long)request.Count * run / runs), (int)((long)request.Count * (run + 1) / runs));
            using var shard = request.Shards > 0 ? Shard(folder, run) : null;
            for (var start = first; start < end; start += Batch)
            {
                var batch = new Phantom[Math.Min(Batch, end - start)];
                OnAllCores(batch.Length, cancellation, i =>
                {
                    var index = start + i;
                    batch[i] = Phantom.Make(request.Types[index % request.Types.Count], request.Seed, index, request.Size);
                    WriteFiles(folder, batch[i]);
                    lines[index] = PhantomJson.ManifestLine(batch[i]);
                });
                foreach (var phantom in batch)
                {
                    shard?.Add(phantom);
                }
                progress(start + batch.Length);
            }
        }
        File.Copy(_prompts, Path.Combine(folder, "prompts.json"));
        // Last, so that a folder with a manifest is whole.
        File.WriteAllText(Path.Combine(folder, "manifest.jsonl"), string.Join('\n', lines) + "\n");
    }

    /// <summary>An exception comes as itself, not as one of many: a full disk is told in one line.</summary>
    private static void OnAllCores(int count, CancellationToken cancellation, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, body);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static PhantomShard Shard(string folder, int number)
    {
        Directory.CreateDirectory(Path.Combine(folder, "shards"));
        return new PhantomShard(Path.Combine(folder, "shards", $"phantoms-{number:D6}.tar"));
    }

    private static void WriteFiles(string folder, Phantom phantom)
    {
        File.WriteAllBytes(Path.Combine(folder, PhantomJson.ImageFile(phantom)), phantom.Image);
        for (var i = 0; i < phantom.Findings.Count; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, PhantomJson.MaskFile(phantom, i)), phantom.Findings[i].Mask);
        }
    }
}
