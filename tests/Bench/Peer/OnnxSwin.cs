using MedMoE.Mesh.Measuring.Networks;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Bench.Peer;

/// <summary>Swin-T by ONNX Runtime: torchvision's, with the four stages as outputs, as the backbone has them. Its weights are constants.</summary>
internal sealed class OnnxSwin : INetworkRun
{
    private static readonly string[] _inputs = ["x"];
    private static readonly string[] _stages = ["c2", "c3", "c4", "c5"];

    private readonly RunOptions _options = new();
    private readonly InferenceSession _session;
    private readonly OrtValue _pixels;

    public OnnxSwin(int batch)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = get_num_threads(),
        };
        // Its threads would take the cores from libtorch's after a run.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(Path.Combine(AppContext.BaseDirectory, "swin_t.onnx"), options);
        const int Side = 224;
        using var pixels = rand(batch, 3, Side, Side);
        _pixels = OrtValue.CreateTensorValueFromMemory(pixels.data<float>().ToArray(), [batch, 3, Side, Side]);
    }

    public static string Version { get; } = OrtEnv.Instance().GetVersionString();

    public long MultiplyAdds => 0;

    public void Run(PhaseWatch watch)
    {
        using var features = _session.Run(_options, _inputs, [_pixels], _stages);
    }

    public void Dispose()
    {
        _pixels.Dispose();
        _session.Dispose();
        _options.Dispose();
    }
}
