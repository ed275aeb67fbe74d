namespace MedMoE.Mesh.Imaging;

/// <summary>A PNG or JPEG file of which only the header was read.</summary>
public sealed class EncodedImage
{
    private readonly byte[] _encoded;
    private readonly ImageHeader _header;

    internal EncodedImage(byte[] encoded, ImageHeader header)
    {
        _encoded = encoded;
        _header = header;
    }

    public long Width => _header.Width;

    public long Height => _header.Height;

    /// <summary>Upper limit of the bytes that decoding takes, from the header; libvips copies the file.</summary>
    public long DecodingBytes => _header.DecodingBytes + _encoded.Length;

    /// <exception cref="InvalidImageException">The file is broken.</exception>
    internal ImageReader Read() => new(_encoded, _header);
}
