using System.Text;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Decodes any bytes as an empty text. Kestrel resets calls whose <c>:authority</c> is not a host name, but clients with several addresses send such
/// values ("10.0.0.1:8080,10.0.0.2:8080"). The services do not use it, and Kestrel accepts an empty one.
/// </summary>
internal sealed class IgnoredText : Encoding
{
    public static Encoding Encoding { get; } = new IgnoredText();

    public override int GetByteCount(char[] chars, int index, int count) => 0;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => 0;

    public override int GetCharCount(byte[] bytes, int index, int count) => 0;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => 0;

    public override int GetMaxByteCount(int charCount) => 0;

    public override int GetMaxCharCount(int byteCount) => 0;
}
