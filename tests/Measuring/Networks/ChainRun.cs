using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.ModelServing;
using MedMoE.Mesh.V1;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>
/// The work of the mesh for a batch of new images with new reports, in one process: decoding, networks, and copies to and from the device. The levels
/// are copied from the device as wire bytes and back, as between backbone and expert.
/// </summary>
public sealed class ChainRun : INetworkRun
{
    private const string Report = "There is a large mass in the right lung with a small effusion";

    private readonly ModelBundle _bundle;
    private readonly TorchOptions _options;
    private readonly int _batch;
    private readonly byte[] _image;
    private readonly ImagePreprocessor _preprocessor;
    private readonly PyramidBackbone _backbone;
    private readonly TextEmbedder _text;
    private readonly ModalityExpert _expert;

    public ChainRun(ModelBundle bundle, TorchOptions options, int batch, byte[] image)
    {
        (_bundle, _options, _batch, _image) = (bundle, options, batch, image);
        _preprocessor = new ImagePreprocessor(bundle.Manifest.Image, new ImageDecoder());
        _backbone = PlacedNetworks.LoadBackbone(bundle, options);
        _text = PlacedNetworks.LoadText(bundle, options);
        _expert = BundleNetworks.LoadExpert(bundle, bundle.Manifest.Experts[0].Name);
        options.Place(_expert);
        _expert.Freeze();
    }

    public long MultiplyAdds => 0;

    public void Run(PhaseWatch watch)
    {
        var prepared = new float[_batch][];
        Parallel.For(0, _batch, i => prepared[i] = _preprocessor.Prepare(_image).Pixels);
        watch.Ended("decode");
        var side = _bundle.Manifest.Image.Size;
        var pixels = _options.Upload(tensor(prepared.SelectMany(p => p).ToArray(), [_batch, 3, side, side]));
        watch.Ended("pixels up");
        var levels = new Tensor[PyramidBackbone.Levels];
        _backbone.Extract(pixels, (level, features) => levels[level] = features);
        watch.Ended("backbone");
        WireTensor[][] wire = [.. levels.Select(level => TorchWire.Rows(level, DataType.Fp16))];
        watch.Ended("levels down");
        var text = _text.Encode([.. Enumerable.Range(0, _batch).Select(_ => Report)]);
        watch.Ended("text");
        Tensor[] pyramid = [.. wire.Select(level => _options.Upload(TorchWire.Batch(level)))];
        watch.Ended("levels up");
        var features = _expert.Fuse(pyramid);
        var grounded = WordAttention.Attend(
            features, text.Words, text.WordCounts, _bundle.Manifest.Architecture, _bundle.Manifest.Similarity.AttentionTemperature);
        var (embedding, peaks) = (features.Mean(), grounded.Attention.argmax(2));
        watch.Ended("expert");
        embedding.cpu();
        peaks.cpu();
        grounded.Similarities.cpu();
        watch.Ended("answer down");
    }

    public void Dispose()
    {
        _backbone.Dispose();
        _text.Dispose();
        _expert.Dispose();
    }
}
