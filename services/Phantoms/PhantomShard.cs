using System.Formats.Tar;
using System.Text;

namespace MedMoE.Mesh.Phantoms;

/// <summary>A WebDataset shard: a tar in which the files of a study are consecutive and share their name up to the first dot.</summary>
internal sealed class PhantomShard(string path) : IDisposable
{
    private readonly TarWriter _tar = new(File.Create(path), TarEntryFormat.Ustar, leaveOpen: false);

    public void Add(Phantom phantom)
    {
        Member($"{phantom.Key}.png", phantom.Image);
        Member($"{phantom.Key}.txt", Encoding.UTF8.GetBytes(phantom.Report));
        Member($"{phantom.Key}.json", PhantomJson.Sample(phantom));
        for (var i = 0; i < phantom.Findings.Count; i++)
        {
            Member($"{phantom.Key}.{PhantomJson.MaskMember(i)}", phantom.Findings[i].Mask);
        }
    }

    public void Dispose() => _tar.Dispose();

    private void Member(string name, byte[] content) => _tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(content),
        // Constant, so that equal shards have equal bytes.
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    });
}
