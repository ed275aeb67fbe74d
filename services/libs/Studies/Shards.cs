using System.Security.Cryptography;
using System.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set as WebDataset shards: tar files, read as a stream. Shuffling buffers a window of encoded records.</summary>
internal sealed class Shards(string name, IReadOnlyList<string> paths, ReportTypes types) : StudySource(name)
{
    public override int? Count => null;

    public override string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Concat(paths.Select(path => $"{new FileInfo(path).Length}  {Path.GetFileName(path)}\n")))));

    public override IEnumerable<StudyRecord> Read(ShuffleOrder? order)
    {
        if (order is null)
        {
            return Stream(paths);
        }
        var random = order.NewRandom();
        string[] shuffled = [.. paths];
        random.Shuffle(shuffled);
        return ShuffleOrder.InWindow(Stream(shuffled), order.Window, random);
    }

    private IEnumerable<StudyRecord> Stream(IEnumerable<string> shards) => shards.SelectMany(path => Shard.Read(path, types));
}
