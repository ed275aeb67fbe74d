using System.Runtime.ExceptionServices;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Phantoms;

/// <summary>Request for a set of phantoms. Study i has type i modulo their number; <paramref name="Size"/> is in pixels.</summary>
internal sealed record PhantomRequest(string Out, int Count, int Seed, IReadOnlyList<StudyType> Types, int Shards = 0, int Size = 224);

/// <summary>
/// A folder of phantoms: <c>images</c>, <c>masks</c>, <c>manifest.jsonl</c>, <c>prompts.json</c>, and <c>shards</c>. The same request gives the same
/// bytes, with any number of cores.
/// </summary>
internal static class PhantomSet
{
    public const int SmallestImage = 64;
    public const int LargestImage = 1024;

    /// <summary>Maximum number of studies in memory.</summary>
    private const int Batch = 64;

    private static readonly string _prompts = Path.Combine(AppContext.BaseDirectory, "prompts.json");

    /// <exception cref="PhantomException">The request is invalid; nothing has been written.</exception>
    public static void Make(PhantomRequest request, Action<int> progress, CancellationToken cancellation)
    {
        Check(request);
        var unfinished = WholeFolder.Unfinished(request.Out);
        if (Path.Exists(unfinished))
        {
            throw new PhantomException($"{unfinished}: left by an interrupted run, or another run is writing it; remove it");
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
            throw new PhantomException($"--shards {request.Shards}: 0 to the number of studies, {request.Count}");
        }
        if (File.Exists(request.Out))
        {
            throw new PhantomException($"{request.Out}: a file, not a folder");
        }
        if (Directory.Exists(request.Out) && Directory.EnumerateFileSystemEntries(request.Out).Any())
        {
            throw new PhantomException($"{request.Out}: exists and is not empty");
        }
    }

    private static void Write(PhantomRequest request, string folder, Action<int> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        Directory.CreateDirectory(Path.Combine(folder, "masks"));
        var lines = new string[request.Count];
        // A shard holds consecutive studies. Without shards all studies are one run.
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
        // Written last, so that a folder with a manifest is complete.
        File.WriteAllText(Path.Combine(folder, "manifest.jsonl"), string.Join('\n', lines) + "\n");
    }

    /// <summary>Rethrows the first exception instead of an AggregateException, so that a full disk is reported in one line.</summary>
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
