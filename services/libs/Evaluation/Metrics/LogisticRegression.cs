using System.Numerics.Tensors;

namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>
/// Multinomial logistic regression with an L2 penalty, as scikit-learn's default (C = 1): minimises the sum of cross-entropies plus half the squared
/// norm of the weights on standardised features; biases are not penalised. Nesterov's accelerated gradient starts from zero, with the step size from
/// a bound of the curvature, so that the result is deterministic. Time is examples × features × classes × <see cref="MostSteps"/>.
/// </summary>
internal sealed class LogisticRegression
{
    private const int MostSteps = 500;
    private const double Flat = 1e-5;

    private readonly float[] _mean;
    private readonly float[] _scale;

    private LogisticRegression(float[] mean, float[] scale, float[][] weights)
    {
        (_mean, _scale, Weights) = (mean, scale, weights);
    }

    /// <summary>Per class, [features + 1]: weights of the standardised features, and the bias.</summary>
    public IReadOnlyList<float[]> Weights { get; }

    /// <summary>At least one example, all of one length. Classes without examples are allowed.</summary>
    public static LogisticRegression Fit(IReadOnlyList<float[]> examples, IReadOnlyList<int> labels, int classes)
    {
        var (mean, scale) = Moments(examples);
        float[][] inputs = [.. examples.Select(example => Standardise(example, mean, scale))];
        var width = inputs[0].Length;
        // The Hessian of the mean cross-entropy is at most half the mean of x xᵀ, whose trace bounds its largest eigenvalue.
        var step = 1 / ((0.5f * inputs.Average(x => TensorPrimitives.SumOfSquares<float>(x))) + (1f / inputs.Length));

        var weights = Zeros(classes, width);
        var ahead = Zeros(classes, width);
        for (var (k, flat) = (0, false); k < MostSteps && !flat; k++)
        {
            var gradient = Gradient(ahead, inputs, labels);
            flat = Math.Sqrt(gradient.Sum(row => TensorPrimitives.SumOfSquares<float>(row))) < Flat;
            var momentum = k / (k + 3f);
            for (var c = 0; c < classes; c++)
            {
                var next = new float[width];
                TensorPrimitives.MultiplyAdd(gradient[c], -step, ahead[c], next);
                TensorPrimitives.Subtract(next, weights[c], weights[c]);
                TensorPrimitives.MultiplyAdd(weights[c], momentum, next, ahead[c]);
                weights[c] = next;
            }
        }
        return new LogisticRegression(mean, scale, weights);
    }

    public int Predict(float[] example) => TensorPrimitives.IndexOfMax<float>(Logits(Weights, Standardise(example, _mean, _scale)));

    private static float[][] Gradient(float[][] weights, float[][] inputs, IReadOnlyList<int> labels)
    {
        var gradient = Zeros(weights.Length, inputs[0].Length);
        for (var i = 0; i < inputs.Length; i++)
        {
            var errors = Logits(weights, inputs[i]);
            TensorPrimitives.Subtract(errors, TensorPrimitives.Max<float>(errors), errors);
            TensorPrimitives.SoftMax<float>(errors, errors);
            errors[labels[i]] -= 1;
            for (var c = 0; c < weights.Length; c++)
            {
                TensorPrimitives.MultiplyAdd(inputs[i], errors[c] / inputs.Length, gradient[c], gradient[c]);
            }
        }
        for (var c = 0; c < weights.Length; c++)
        {
            // The last weight is the bias.
            TensorPrimitives.MultiplyAdd<float>(
                weights[c].AsSpan()[..^1], 1f / inputs.Length, gradient[c].AsSpan()[..^1], gradient[c].AsSpan()[..^1]);
        }
        return gradient;
    }

    private static float[] Logits(IReadOnlyList<float[]> weights, float[] input) =>
        [.. weights.Select(row => TensorPrimitives.Dot<float>(row, input))];

    private static (float[] Mean, float[] Scale) Moments(IReadOnlyList<float[]> examples)
    {
        var (mean, scale) = (new float[examples[0].Length], new float[examples[0].Length]);
        for (var d = 0; d < mean.Length; d++)
        {
            var average = examples.Average(x => (double)x[d]);
            var deviation = Math.Sqrt(examples.Average(x => (x[d] - average) * (x[d] - average)));
            mean[d] = (float)average;
            // A constant feature has no information.
            scale[d] = deviation > 1e-9 ? (float)(1 / deviation) : 0;
        }
        return (mean, scale);
    }

    /// <summary>Appends a one for the bias.</summary>
    private static float[] Standardise(float[] example, float[] mean, float[] scale)
    {
        var input = new float[example.Length + 1];
        var features = input.AsSpan(0, example.Length);
        TensorPrimitives.Subtract(example, mean, features);
        TensorPrimitives.Multiply(features, scale, features);
        input[^1] = 1;
        return input;
    }

    private static float[][] Zeros(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new float[columns])];
}
