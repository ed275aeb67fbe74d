namespace MedMoE.Mesh.Imaging;

/// <summary>A PNG or JPEG file of which the header has been read, and nothing else.</summary>
public sealed class EncodedImage
{
    private readonly byte[] _encoded;
    private readonly ImageHeader _header;

    internal EncodedImage(byte[] encoded, ImageHeader header)
    {
        _encoded = encoded;
        _header = header;
    }

    /// <summary>Pixels.</summary>
    public long Width => _header.Width;

    /// <summary>Pixels.</summary>
    public long Height => _header.Height;

    /// <summary>Bytes that decoding it takes at most, known from its header; libvips copies the file.</summary>
    public long DecodingBytes => _header.DecodingBytes + _encoded.Length;

    /// <exception cref="InvalidImageException">The file is broken.</exception>
    internal ImageReader Read() => new(_encoded, _header);
}
