using System.Text;
using System.Threading.Channels;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A writer whose lines can be awaited.</summary>
internal sealed class LineWriter : TextWriter
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public override Encoding Encoding => Encoding.UTF8;

    public override void WriteLine(string? value) => _lines.Writer.TryWrite(value ?? "");

    public async Task<string> Next(TimeSpan patience)
    {
        try
        {
            return await _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"no line came within {patience}");
        }
    }
}
