using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// A compression of gRPC's whose messages are as large as others at most: grpc-dotnet holds only what arrives against the limit, and 32 MiB of gzip
/// may hold 32 GiB.
/// </summary>
/// <param name="provider">The compression.</param>
/// <param name="largestMessage">Bytes of a message at most.</param>
internal sealed class BoundedCompression(ICompressionProvider provider, int largestMessage) : ICompressionProvider
{
    public string EncodingName => provider.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => provider.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) => new Bounded(provider.CreateDecompressionStream(stream), largestMessage);

    private sealed class Bounded(Stream content, int largestMessage) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        /// <exception cref="RpcException">It is not compressed as it should be, or larger than a message may be.</exception>
        public override int Read(byte[] buffer, int offset, int count)
        {
            try
            {
                var read = content.Read(buffer, offset, count);
                _read += read;
                return _read <= largestMessage ? read : throw new RpcException(Refusals.MessageTooLarge(largestMessage));
            }
            catch (InvalidDataException)
            {
                throw new RpcException(Refusals.NotCompressed);
            }
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            content.Dispose();
            base.Dispose(disposing);
        }
    }
}
