using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Swin;

/// <summary>A Swin Transformer block: (shifted) window attention and an MLP, each with prior normalisation and a residual.</summary>
internal sealed class SwinBlock : Module<Tensor, Tensor>
{
    private readonly LayerNorm layernorm_before;
    private readonly WindowAttention attention;
    private readonly LayerNorm layernorm_after;
    private readonly Dense intermediate;
    private readonly Dense output;
    private readonly int _window;
    private readonly int _shift;
    private readonly int _pad;

    public SwinBlock(SwinConfig config, int stage, bool shifted)
        : base(nameof(SwinBlock))
    {
        var channels = config.ChannelsOf(stage);
        var side = config.ResolutionOf(stage);
        // A single window that covers the stage is not shifted, as in the Swin authors' code.
        _window = Math.Min(config.Window, side);
        _shift = shifted && side > config.Window ? _window / 2 : 0;
        _pad = (_window - (side % _window)) % _window;
        layernorm_before = LayerNorm(channels, config.LayerNormEpsilon);
        attention = new WindowAttention(
            channels, config.Heads[stage], config.Window, _window, config.QkvBias,
            _shift > 0 ? new ConstantTensor(() => ShiftMask(side + _pad, _window, _shift)) : null);
        layernorm_after = LayerNorm(channels, config.LayerNormEpsilon);
        intermediate = new Dense(channels, (int)(channels * config.MlpRatio));
        output = new Dense((int)(channels * config.MlpRatio), channels);
        RegisterComponents();
    }

    /// <summary>[batch, height, width, channels], kept.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var attended = input.Plus(Attend(layernorm_before.forward(input)));
        var hidden = functional.gelu(intermediate.forward(layernorm_after.forward(attended)));
        return attended.Plus(output.forward(hidden)).MoveToOuterDisposeScope();
    }

    public void Freeze() => attention.Freeze();

    private Tensor Attend(Tensor x)
    {
        var (batch, side, channels) = (x.shape[0], x.shape[1], x.shape[3]);
        if (_pad > 0)
        {
            x = functional.pad(x, [0, 0, 0, _pad, 0, _pad]);
        }
        if (_shift > 0)
        {
            x = x.roll([-_shift, -_shift], [1, 2]);
        }
        var across = (side + _pad) / _window;
        var windows = x.view(batch, across, _window, across, _window, channels).transpose(2, 3).reshape(-1, _window * _window, channels);
        x = attention.forward(windows)
            .view(batch, across, across, _window, _window, channels).transpose(2, 3).reshape(batch, side + _pad, side + _pad, channels);
        if (_shift > 0)
        {
            x = x.roll([_shift, _shift], [1, 2]);
        }
        return _pad > 0 ? x.narrow(1, 0, side).narrow(2, 0, side) : x;
    }

    /// <summary>
    /// [windows, tokens, tokens]: 0 between tokens that were neighbours before the cyclic shift, else -100 (Swin, section 3.2, figure 4).
    /// </summary>
    private static Tensor ShiftMask(int side, int window, int shift)
    {
        // A shifted window covers at most three bands in each direction; a token's region is the pair of its bands.
        int Band(int position) => position < side - window ? 0 : position < side - shift ? 1 : 2;
        var (across, tokens) = (side / window, window * window);
        var mask = new float[across * across * tokens * tokens];
        var next = 0;
        for (var at = 0; at < across * across; at++)
        {
            (int, int) Region(int token) => (Band((at / across * window) + (token / window)), Band((at % across * window) + (token % window)));
            for (var from = 0; from < tokens; from++)
            {
                for (var to = 0; to < tokens; to++)
                {
                    mask[next++] = Region(from) == Region(to) ? 0 : -100;
                }
            }
        }
        return tensor(mask, [across * across, tokens, tokens]);
    }
}
