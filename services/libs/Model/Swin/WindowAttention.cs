using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Swin;

/// <summary>Multi-head self-attention within windows, with a learnt bias per head and relative position (Swin, section 3.2).</summary>
internal sealed class WindowAttention : Module<Tensor, Tensor>
{
    [ComponentName(Name = "self")]
    private readonly WindowProjections _projections;
    private readonly Dense output;
    private readonly int _heads;
    private readonly int _tokens;

    private readonly ConstantTensor _relativePositionIndex;
    private readonly ConstantTensor? _shiftMask;
    private FrozenProjections? _frozen;

    /// <summary>
    /// <paramref name="tableWindow"/> is the window size of the bias table. The <paramref name="window"/> in use is smaller if the whole stage is.
    /// The mask, [windows, tokens, tokens], is added to the scores of shifted windows; else null.
    /// </summary>
    public WindowAttention(int channels, int heads, int tableWindow, int window, bool qkvBias, ConstantTensor? shiftMask)
        : base(nameof(WindowAttention))
    {
        _projections = new WindowProjections(channels, heads, tableWindow, qkvBias);
        output = new Dense(channels, channels);
        _heads = heads;
        _tokens = window * window;
        _relativePositionIndex = new ConstantTensor(() => RelativePositionIndex(window, tableWindow));
        _shiftMask = shiftMask;
        RegisterComponents();
    }

    /// <summary>[batch · windows, tokens, channels], kept.</summary>
    public override Tensor forward(Tensor windows)
    {
        var (rows, channels) = (windows.shape[0], windows.shape[2]);
        var headDim = channels / _heads;
        var (weight, bias, positions) = _frozen is { } f ? (f.Weight, f.Bias, f.Positions) : Fused();
        // One product gives [rows, tokens, 3, heads, headDim]; its three views are not copied.
        using var qkv = functional.linear(windows, weight, bias).view(rows, _tokens, 3, _heads, headDim).permute(2, 0, 3, 1, 4);
        // The windows of an image have different masks, so they are treated as heads: the mask then broadcasts over the batch.
        var kinds = positions.shape[1];
        Tensor Heads(int which) => qkv[which].reshape(rows * _heads / kinds, kinds, _tokens, headDim);
        using var attended = functional.scaled_dot_product_attention(Heads(0), Heads(1), Heads(2), positions);
        return output.forward(attended.reshape(rows, _heads, _tokens, headDim).transpose(1, 2).reshape(rows, _tokens, channels));
    }

    /// <summary>Computes in advance what depends only on weights, which must not change afterwards.</summary>
    public void Freeze()
    {
        using var scope = NewDisposeScope();
        var (weight, bias, positions) = Fused();
        _frozen?.Dispose();
        _frozen = new FrozenProjections(
            weight.detach().DetachFromDisposeScope(), bias?.detach().DetachFromDisposeScope(), positions.detach().DetachFromDisposeScope());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _frozen?.Dispose();
            _relativePositionIndex.Dispose();
            _shiftMask?.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>Concatenated weights of query, key and value, and the bias of the scores, [1, heads or windows · heads, tokens, tokens].</summary>
    private (Tensor Weight, Tensor? Bias, Tensor Positions) Fused()
    {
        var p = _projections;
        var weight = cat([p.query.weight, p.key.weight, p.value.weight]);
        var bias = p.query.bias is null ? null : cat([p.query.bias, p.key.bias!, p.value.bias!]);
        var table = p.relative_position_bias_table;
        var positions = table.index_select(0, _relativePositionIndex.Beside(table)).view(1, _tokens, _tokens, _heads).permute(0, 3, 1, 2);
        if (_shiftMask is not null)
        {
            positions = positions.Plus(_shiftMask.Beside(table).to(table.dtype).unsqueeze(1)).reshape(1, -1, _tokens, _tokens);
        }
        return (weight, bias, positions.contiguous());
    }

    /// <summary>The row of the bias table for every pair of tokens, by their offset, [tokens²].</summary>
    private static Tensor RelativePositionIndex(int window, int tableWindow)
    {
        // Offsets run from -(tableWindow - 1) to tableWindow - 1 in each direction; a smaller window uses the middle of the table.
        var side = (2 * tableWindow) - 1;
        var index = new long[window * window * window * window];
        var next = 0;
        for (var from = 0; from < window * window; from++)
        {
            for (var to = 0; to < window * window; to++)
            {
                var down = (from / window) - (to / window) + tableWindow - 1;
                var right = (from % window) - (to % window) + tableWindow - 1;
                index[next++] = (down * side) + right;
            }
        }
        return tensor(index);
    }

    private sealed record FrozenProjections(Tensor Weight, Tensor? Bias, Tensor Positions) : IDisposable
    {
        public void Dispose()
        {
            Weight.Dispose();
            Bias?.Dispose();
            Positions.Dispose();
        }
    }
}

/// <summary>Weights of <see cref="WindowAttention"/>, with Hugging Face's names.</summary>
internal sealed class WindowProjections : Module
{
    public readonly Linear query;
    public readonly Linear key;
    public readonly Linear value;
    public readonly Parameter relative_position_bias_table;

    public WindowProjections(int channels, int heads, int window, bool qkvBias)
        : base(nameof(WindowProjections))
    {
        query = Linear(channels, channels, qkvBias);
        key = Linear(channels, channels, qkvBias);
        value = Linear(channels, channels, qkvBias);
        relative_position_bias_table = Parameter(zeros(((2 * window) - 1) * ((2 * window) - 1), heads));
        RegisterComponents();
    }
}
