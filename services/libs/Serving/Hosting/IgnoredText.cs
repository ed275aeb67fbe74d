using System.Text;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Reads any bytes as an empty text. Kestrel resets calls whose <c>:authority</c> is no host name, which clients with several addresses send
/// ("10.0.0.1:8080,10.0.0.2:8080"); nothing here depends on it, and an empty one passes.
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
