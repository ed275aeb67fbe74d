using System.Runtime.InteropServices;
using System.Threading.Channels;
using Google.Protobuf;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.ModelServing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Backbone;

/// <summary>An image, preprocessed to [3, size, size]. Each level is written when its stage is done.</summary>
internal sealed record PyramidRequest(float[] Pixels, DataType DataType, ChannelWriter<PyramidLevel> Levels)
{
    /// <summary>Levels already sent. A batch that is retried after an out-of-memory error sends only the rest.</summary>
    public int HandedOver { get; set; }
}

/// <summary>Sent with an image's last level: the pooled feature, [8C], and the model that computed it.</summary>
internal sealed record PyramidResult(float[] Pooled, ModelInfo Model);

internal sealed class BackboneModel : IExchangedModel, IDisposable
{
    private const string MaxDecodingBytes = $"{BackboneOptions.Section}:{nameof(BackboneOptions.MaxDecodingBytes)}";

    private readonly ServedNetwork<PyramidBackbone, PyramidRequest, PyramidResult> _network;
    private readonly ImagePreprocessor _preprocessor;
    private readonly Places _decoding;
    private readonly long _maxDecodingBytes;
    private readonly int _side;

    public BackboneModel(IOptions<ModelOptions> model, IOptions<BackboneOptions> options, ServiceLoad load)
    {
        var batching = new BatcherOptions
        {
            MaxBatchSize = options.Value.MaxBatchSize,
            QueueCapacity = options.Value.QueueCapacity,
            MaxQueueDelay = options.Value.MaxQueueDelay,
        };
        _network = new ServedNetwork<PyramidBackbone, PyramidRequest, PyramidResult>(
            model.Value, BundlePart.Backbone, batching, PlacedNetworks.LoadBackbone, Run, served: load);
        var image = _network.Latest.Bundle.Manifest.Image;
        _preprocessor = new ImagePreprocessor(image, new ImageDecoder(options.Value.MaxPixels));
        _side = image.Size;
        _maxDecodingBytes = AvailableMemory.Limit(options.Value.MaxDecodingBytes, 0.25);
        _decoding = new Places(
            new PlacesOptions
            {
                AtOnce = Environment.ProcessorCount,
                Waiting = options.Value.QueueCapacity,
                Bytes = _maxDecodingBytes,
                BytesSetting = MaxDecodingBytes,
                RetryAfter = batching.RetryAfter,
            },
            // Callers see one queue.
            _network.Metrics.Refused);
    }

    public ModelInfo Info => _network.Latest.Info;

    public BundlePart Part => _network.Part;

    public void Exchange(string bundle) => _network.Exchange(bundle);

    public Batcher<PyramidRequest, PyramidResult> Batcher => _network.Batcher;

    /// <summary>
    /// Decodes and preprocesses an image, or checks the shape of preprocessed pixels. Decoding runs on the thread pool, for at most one image per
    /// core and within <see cref="BackboneOptions.MaxDecodingBytes"/>.
    /// </summary>
    /// <exception cref="InvalidFieldException">The image is missing or invalid.</exception>
    /// <exception cref="QueueFullException">Too many images wait to be decoded, or for the model.</exception>
    public Task<PreparedImage> Prepare(V1.Image? image, CancellationToken cancellation) => image?.SourceCase switch
    {
        V1.Image.SourceOneofCase.Encoded => Prepare(image.Encoded, cancellation),
        V1.Image.SourceOneofCase.Pixels => Task.FromResult(new PreparedImage(WireTensors.ToSingles(image.Pixels, "image.pixels", 3, _side, _side))),
        _ => throw new InvalidFieldException("image", "is missing"),
    };

    public Task WarmUp(CancellationToken cancellation) => Batcher.Submit(
        new PyramidRequest(new float[3 * _side * _side], DataType.Fp16, Channel.CreateUnbounded<PyramidLevel>().Writer), cancellation: cancellation);

    public void Dispose() => _network.Dispose();

    private async Task<PreparedImage> Prepare(ByteString encoded, CancellationToken cancellation)
    {
        try
        {
            var image = _preprocessor.Open(Bytes(encoded));
            return image.DecodingBytes <= _maxDecodingBytes
                ? await _decoding.Run(encoded.Length, image.DecodingBytes, () => Decode(image, cancellation), cancellation)
                : throw new InvalidImageException(
                    $"takes {image.DecodingBytes} bytes to decode, over the limit of {_maxDecodingBytes} ({MaxDecodingBytes})");
        }
        catch (InvalidImageException e)
        {
            throw new InvalidFieldException("image.encoded", e.Message);
        }
    }

    private PreparedImage Decode(EncodedImage image, CancellationToken cancellation)
    {
        // Otherwise a caller with far more images than its share would have them all decoded, most of them for nothing.
        Batcher.RequireRoom(CallDeadline.Current);
        return _preprocessor.Prepare(image, cancellation);
    }

    /// <summary>The message's own array if possible, to save a copy; it must not be changed.</summary>
    private static byte[] Bytes(ByteString encoded) =>
        MemoryMarshal.TryGetArray(encoded.Memory, out var whole) && whole.Count == whole.Array!.Length ? whole.Array : encoded.ToByteArray();

    private PyramidResult[] Run(Generation<PyramidBackbone> generation, IReadOnlyList<PyramidRequest> batch)
    {
        var pixels = empty([batch.Count, 3, _side, _side], ScalarType.Float32);
        for (var row = 0; row < batch.Count; row++)
        {
            MemoryMarshal.AsBytes<float>(batch[row].Pixels).CopyTo(pixels.bytes[(row * batch[row].Pixels.Length * sizeof(float))..]);
        }
        var pooled = generation.Network.Extract(_network.Torch.Upload(pixels), (level, features) => Emit(batch, level, features));
        var rows = pooled.to(ScalarType.Float32, CPU);
        return [.. batch.Select((_, row) => new PyramidResult([.. rows[row].contiguous().data<float>()], generation.Info))];
    }

    /// <summary>Sends each image of the batch its rows of a level, as wire bytes: tensors must not leave this thread.</summary>
    private static void Emit(IReadOnlyList<PyramidRequest> batch, int level, Tensor features)
    {
        foreach (var type in batch.Select(request => request.DataType).Distinct())
        {
            var rows = batch.Zip(TorchWire.Rows(features, type));
            foreach (var (request, row) in rows.Where(r => r.First.DataType == type && r.First.HandedOver == level))
            {
                request.HandedOver++;
                request.Levels.TryWrite(new PyramidLevel { Level = level, LevelCount = PyramidBackbone.Levels, Features = row });
            }
        }
    }
}
