using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>The inputs of a request, by name, all of them of the same batch.</summary>
internal static class InputTensors
{
    /// <exception cref="InvalidFieldException">An input is unknown, twice there, missing, or not of its form.</exception>
    public static IReadOnlyDictionary<string, InputTensor> Read(
        ModelInferRequest request, string model, IReadOnlyList<TensorSpec> specs, int maxItems)
    {
        var isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw new InvalidFieldException(
                "raw_input_contents", $"has {request.RawInputContents.Count} entries, expected {request.Inputs.Count}, one for each input");
        }
        if (request.Inputs.Count > specs.Count)
        {
            throw new InvalidFieldException("inputs", $"has {request.Inputs.Count} tensors, and {model} takes {Listed(specs)}");
        }
        var read = new Dictionary<string, InputTensor>();
        foreach (var (i, tensor) in request.Inputs.Index())
        {
            var spec = specs.FirstOrDefault(s => s.Name == tensor.Name) ?? throw new InvalidFieldException(
                $"inputs[{i}].name", $"{Quoted.Of(tensor.Name)} is not an input of {model}: {Listed(specs)}");
            if (isRaw && tensor.Contents is not null)
            {
                throw new InvalidFieldException($"{spec.Name}.contents", "must be absent where raw_input_contents is used");
            }
            if (!read.TryAdd(spec.Name, InputTensor.Read(tensor, isRaw ? request.RawInputContents[i] : null, spec, maxItems)))
            {
                throw new InvalidFieldException($"inputs[{i}].name", $"{spec.Name} is there twice");
            }
            if (read.First() is var first && first.Value.Items.Count != read[spec.Name].Items.Count)
            {
                throw new InvalidFieldException(
                    spec.Name, $"is a batch of {read[spec.Name].Items.Count}, and {first.Key} is one of {first.Value.Items.Count}");
            }
        }
        return specs.FirstOrDefault(spec => !spec.IsOptional && !read.ContainsKey(spec.Name)) is { } missing
            ? throw new InvalidFieldException(missing.Name, $"is missing: {model} needs it")
            : read;
    }

    private static string Listed(IEnumerable<TensorSpec> specs) => string.Join(", ", specs.Select(spec => spec.Name));
}
