using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>Projects one pyramid level to the embedding dimension at its native resolution.</summary>
internal abstract class LevelProjection(string name) : Module<Tensor, Tensor>(name)
{
    public virtual int LeastRowsForStatistics
    {
        set
        {
        }
    }

    /// <summary>Prepares for inference; weights must not change afterwards.</summary>
    public virtual void Freeze()
    {
    }
}

/// <summary>
/// Architecture paper: 1×1 convolution to the bottleneck, 3×3 depthwise, 1×1 to D, each with batch normalisation and ReLU (section 4.3).
/// </summary>
internal sealed class SeparableProjection : LevelProjection
{
    private readonly ConvolutionBlock[] _blocks;

    public SeparableProjection(int channels, int bottleneck, int dim)
        : base(nameof(SeparableProjection))
    {
        _blocks =
        [
            new ConvolutionBlock(channels, bottleneck, kernel: 1, groups: 1),
            new ConvolutionBlock(bottleneck, bottleneck, kernel: 3, groups: bottleneck),
            new ConvolutionBlock(bottleneck, dim, kernel: 1, groups: 1),
        ];
        for (var i = 0; i < _blocks.Length; i++)
        {
            register_module($"{i}", _blocks[i]);
        }
    }

    public override int LeastRowsForStatistics
    {
        set
        {
            foreach (var block in _blocks)
            {
                block.LeastRowsForStatistics = value;
            }
        }
    }

    /// <summary>[batch, height, width, channels] to [batch, height, width, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _blocks.Aggregate(input, (x, block) => block.forward(x)).MoveToOuterDisposeScope();
    }

    public override void Freeze()
    {
        foreach (var block in _blocks)
        {
            block.Freeze();
        }
    }
}

/// <summary>Architecture reference: 1×1 convolution over flattened positions to D, ReLU.</summary>
internal sealed class PointwiseProjection : LevelProjection
{
    [ComponentName(Name = "0")]
    private readonly Conv1d _convolution;

    public PointwiseProjection(int channels, int dim)
        : base(nameof(PointwiseProjection))
    {
        _convolution = Conv1d(channels, dim, 1);
        RegisterComponents();
    }

    /// <summary>[batch, height, width, channels] to [batch, height, width, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var weight = _convolution.weight.squeeze(2);
        return functional.linear(input, weight, _convolution.bias).relu_();
    }
}

/// <summary>Convolution without bias, batch normalisation, ReLU, on channels-last features.</summary>
internal sealed class ConvolutionBlock : Module<Tensor, Tensor>
{
    /// <summary>Weight of a batch in the running statistics; PyTorch's default.</summary>
    private const double Momentum = 0.1;

    [ComponentName(Name = "0")]
    private readonly Conv2d _convolution;
    [ComponentName(Name = "1")]
    private readonly BatchNorm2d _norm;
    private readonly int _padding;
    private readonly int _groups;
    private Tensor? _weight;
    private Tensor? _bias;

    public ConvolutionBlock(int inputs, int outputs, int kernel, int groups)
        : base(nameof(ConvolutionBlock))
    {
        _padding = kernel / 2;
        _groups = groups;
        _convolution = Conv2d(inputs, outputs, kernel, padding: _padding, groups: groups, bias: false);
        _norm = BatchNorm2d(outputs);
        RegisterComponents();
    }

    /// <summary>[batch, height, width, inputs] to [batch, height, width, outputs].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (_weight is not null && _padding == 0)
        {
            // A pointwise convolution of channels-last features is one matrix product.
            return functional.linear(input, _weight, _bias).relu_().MoveToOuterDisposeScope();
        }
        var channelsFirst = input.permute(0, 3, 1, 2);
        var output = _weight is null
            ? Normalise(_convolution.forward(channelsFirst))
            : functional.conv2d(channelsFirst, _weight, _bias, [1, 1], [_padding, _padding], [1, 1], _groups);
        return output.relu_().permute(0, 2, 3, 1).contiguous().MoveToOuterDisposeScope();
    }

    public int LeastRowsForStatistics { get; set; } = 1;

    private Tensor Normalise(Tensor input)
    {
        var byBatch = training && input.shape[0] >= LeastRowsForStatistics;
        if (training && !byBatch)
        {
            using var noGrad = no_grad();
            using var discarded = Norm(input.detach(), training: true, Momentum * input.shape[0] / LeastRowsForStatistics);
        }
        return Norm(input, byBatch, Momentum);
    }

    private Tensor Norm(Tensor input, bool training, double momentum) =>
        functional.batch_norm(input, _norm.running_mean, _norm.running_var, _norm.weight, _norm.bias, training, momentum, _norm.eps);

    /// <summary>Folds the normalisation's running statistics into the convolution.</summary>
    public void Freeze()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // Folded in float32, independent of the type of the weights.
        var scale = _norm.weight!.to(ScalarType.Float32) / _norm.running_var!.to(ScalarType.Float32).Plus(_norm.eps).sqrt();
        var weight = _convolution.weight.to(ScalarType.Float32) * scale.view(-1, 1, 1, 1);
        var bias = _norm.bias!.to(ScalarType.Float32) - (_norm.running_mean!.to(ScalarType.Float32) * scale);
        _weight?.Dispose();
        _bias?.Dispose();
        _weight = (_padding == 0 ? weight.flatten(1) : weight).to(_convolution.weight.dtype).DetachFromDisposeScope();
        _bias = bias.to(_convolution.weight.dtype).DetachFromDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight?.Dispose();
            _bias?.Dispose();
        }
        base.Dispose(disposing);
    }
}
