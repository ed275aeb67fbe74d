using MedMoE.Mesh.Model;
using TorchSharp;

namespace MedMoE.Mesh.Training;

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015) and AdamW (Loshchilov and Hutter, ICLR 2019). TorchSharp's optimizers are not used, because their scalars may be
/// freed while native code reads them (<see cref="ScalarArithmetic"/>). bf16 parameters have an fp32 copy, because small steps would be lost.
/// </summary>
internal sealed class Adam : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly OptimizerOptions _options;
    private readonly Slot[] _slots;
    private readonly Scalar _beta1 = Beta1.ToScalar();
    private readonly Scalar _beta2 = Beta2.ToScalar();
    private readonly Scalar _newToFirst = (1 - Beta1).ToScalar();
    private readonly Scalar _newToSecond = (1 - Beta2).ToScalar();
    private readonly Scalar _epsilon = Epsilon.ToScalar();

    public Adam(IEnumerable<(string Name, Tensor Parameter)> parameters, OptimizerOptions options)
    {
        _options = options;
        _slots = [.. parameters.Select(p => new Slot(p.Name, p.Parameter))];
    }

    public int Steps { get; set; }

    /// <summary>Moments and fp32 copies, to save and restore.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State => _slots.SelectMany(slot => slot.State);

    /// <summary>Scales the gradients down to the limit if their joint norm exceeds it. Returns the norm before.</summary>
    public double Clip()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor[] gradients = [.. _slots.Select(s => s.Parameter.grad).OfType<Tensor>()];
        var norm = (double)stack(gradients.Select(g => g.to(ScalarType.Float32).norm())).norm().item<float>();
        if (_options.Clip > 0 && norm > _options.Clip && double.IsFinite(norm))
        {
            using var factor = (_options.Clip / norm).ToScalar();
            foreach (var gradient in gradients)
            {
                gradient.mul_(factor);
            }
        }
        return norm;
    }

    /// <summary>One optimizer step; clears the gradients.</summary>
    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Steps++;
        var (bias1, bias2) = (1 - Math.Pow(Beta1, Steps), 1 - Math.Pow(Beta2, Steps));
        using var step = (-learningRate / bias1).ToScalar();
        using var second = (1 / Math.Sqrt(bias2)).ToScalar();
        using var l2 = _options.WeightDecay.ToScalar();
        using var kept = (1 - (learningRate * _options.WeightDecay)).ToScalar();
        foreach (var slot in _slots)
        {
            // An expert without pairs in this step has no gradient and is unchanged.
            if (slot.Parameter.grad is not { } gradient)
            {
                continue;
            }
            var value = slot.Master ?? slot.Parameter;
            gradient = gradient.to(ScalarType.Float32);
            if (_options.WeightDecay > 0 && slot.Decays)
            {
                if (_options.Decoupled)
                {
                    value.mul_(kept);
                }
                else
                {
                    gradient = gradient.add(value, l2);
                }
            }
            slot.First.mul_(_beta1).add_(gradient, _newToFirst);
            slot.Second.mul_(_beta2).addcmul_(gradient, gradient, _newToSecond);
            value.addcdiv_(slot.First, slot.Second.sqrt().mul_(second).add_(_epsilon), step);
            if (slot.Master is not null)
            {
                slot.Parameter.copy_(slot.Master);
            }
        }
        Clear();
    }

    public void Clear()
    {
        foreach (var slot in _slots)
        {
            slot.Parameter.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.Dispose();
        }
        foreach (var scalar in new[] { _beta1, _beta2, _newToFirst, _newToSecond, _epsilon })
        {
            scalar.Dispose();
        }
    }

    private sealed class Slot : IDisposable
    {
        public Slot(string name, Tensor parameter)
        {
            using var noGrad = no_grad();
            Name = name;
            Parameter = parameter;
            First = zeros(parameter.shape, ScalarType.Float32, parameter.device).DetachFromDisposeScope();
            Second = zeros(parameter.shape, ScalarType.Float32, parameter.device).DetachFromDisposeScope();
            Master = parameter.dtype == ScalarType.Float32 ? null : parameter.to(ScalarType.Float32).DetachFromDisposeScope();
        }

        public string Name { get; }

        public Tensor Parameter { get; }

        public Tensor First { get; }

        public Tensor Second { get; }

        public Tensor? Master { get; }

        public bool Decays => Parameter.dim() > 1 && !Name.EndsWith("_table", StringComparison.Ordinal);

        public IEnumerable<(string Name, Tensor Tensor)> State
        {
            get
            {
                yield return ($"adam.first/{Name}", First);
                yield return ($"adam.second/{Name}", Second);
                if (Master is not null)
                {
                    yield return ($"adam.master/{Name}", Master);
                }
            }
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Master?.Dispose();
        }
    }
}
