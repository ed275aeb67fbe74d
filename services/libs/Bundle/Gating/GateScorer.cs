using System.Numerics.Tensors;
using MedMoE.Mesh.Bundle.Safetensors;

namespace MedMoE.Mesh.Bundle.Gating;

/// <summary>One gate for inference: softmax(W2 ReLU(W1 x + b1) + b2), without libtorch. Takes microseconds. Immutable and thread-safe.</summary>
public sealed class GateScorer
{
    private readonly float[] _hiddenWeight;
    private readonly float[] _hiddenBias;
    private readonly float[] _outputWeight;
    private readonly float[] _outputBias;

    private GateScorer(float[] hiddenWeight, float[] hiddenBias, float[] outputWeight, float[] outputBias)
    {
        _hiddenWeight = hiddenWeight;
        _hiddenBias = hiddenBias;
        _outputWeight = outputWeight;
        _outputBias = outputBias;
    }

    public int InputSize => _hiddenWeight.Length / _hiddenBias.Length;

    /// <summary>Reads the gate "report" or "image". A null <paramref name="inputSize"/> accepts any.</summary>
    /// <exception cref="BundleException">A tensor is missing, misshapen or not finite; every such fault is listed.</exception>
    public static GateScorer Load(ModelBundle bundle, string gate, int? inputSize = null)
    {
        using var file = SafetensorsFile.Open(bundle.PathOf(BundlePart.Gate, "model.safetensors"));
        var faults = new List<BundleFault>();
        // The file decides the sizes of the input and of the hidden layer; all other shapes must agree with them.
        var (hidden, input) = file.Tensors.GetValueOrDefault($"{gate}.0.weight")?.Shape is [> 0 and var h, > 0 and var i] ? (h, i) : (1, 1);
        if (file.Tensors.GetValueOrDefault($"{gate}.0.weight")?.Shape is [_, var width] && width != (inputSize ?? width))
        {
            faults.Add(new(file.Path, $"tensor {gate}.0.weight takes {width} values, expected {inputSize}"));
        }
        float[] Read(string name, params long[] shape)
        {
            if (!file.Tensors.TryGetValue(name, out var tensor))
            {
                faults.Add(new(file.Path, $"tensor {name} is missing"));
                return [];
            }
            if (!tensor.Shape.SequenceEqual(shape))
            {
                faults.Add(new(file.Path, $"tensor {name} has shape {Shapes.Text(tensor.Shape)}, expected {Shapes.Text(shape)}"));
                return [];
            }
            var values = file.ReadSingles(tensor);
            if (!TensorPrimitives.IsFiniteAll(values))
            {
                faults.Add(new(file.Path, $"tensor {name} holds NaN or infinity"));
            }
            return values;
        }
        var scorer = new GateScorer(
            Read($"{gate}.0.weight", hidden, input),
            Read($"{gate}.0.bias", hidden),
            Read($"{gate}.2.weight", bundle.Manifest.Experts.Count, hidden),
            Read($"{gate}.2.bias", bundle.Manifest.Experts.Count));
        return faults.Count == 0 ? scorer : throw new BundleException(faults);
    }

    /// <summary>
    /// Probability of each expert, in the manifest's order, for the sentence embedding (report gate) or the backbone's pooled feature (image gate).
    /// </summary>
    public float[] Score(ReadOnlySpan<float> input)
    {
        if (input.Length != InputSize)
        {
            throw new ArgumentException($"the gate takes {InputSize} values, not {input.Length}", nameof(input));
        }
        var hidden = new float[_hiddenBias.Length];
        Affine(_hiddenWeight, _hiddenBias, input, hidden);
        TensorPrimitives.Max<float>(hidden, 0f, hidden);
        var probabilities = new float[_outputBias.Length];
        Affine(_outputWeight, _outputBias, hidden, probabilities);
        // TensorPrimitives.SoftMax does not subtract the largest logit and overflows for large ones.
        TensorPrimitives.Subtract(probabilities, TensorPrimitives.Max<float>(probabilities), probabilities);
        TensorPrimitives.SoftMax(probabilities, probabilities);
        return probabilities;
    }

    private static void Affine(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, ReadOnlySpan<float> x, Span<float> y)
    {
        for (var row = 0; row < y.Length; row++)
        {
            y[row] = bias[row] + TensorPrimitives.Dot(weight.Slice(row * x.Length, x.Length), x);
        }
    }
}
