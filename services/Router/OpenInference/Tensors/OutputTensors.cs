using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>The outputs of a request: which are wanted, and how they are written.</summary>
internal static class OutputTensors
{
    /// <summary>The outputs that a request wants, in its order, or all of them.</summary>
    /// <exception cref="InvalidFieldException">An output is unknown, twice there, or wanted in a form that is not known.</exception>
    public static IReadOnlyList<TensorSpec> Wanted(ModelInferRequest request, string model, IReadOnlyList<TensorSpec> specs)
    {
        var listed = string.Join(", ", specs.Select(spec => spec.Name));
        if (request.Outputs.Count > specs.Count)
        {
            throw new InvalidFieldException("outputs", $"has {request.Outputs.Count} tensors, and {model} gives {listed}");
        }
        var wanted = new List<TensorSpec>();
        foreach (var (i, output) in request.Outputs.Index())
        {
            var spec = specs.FirstOrDefault(s => s.Name == output.Name) ?? throw new InvalidFieldException(
                $"outputs[{i}].name", $"{Quoted.Of(output.Name)} is not an output of {model}: {listed}");
            if (output.Parameters.Count > 0)
            {
                throw new InvalidFieldException($"{spec.Name}.parameters", $"{Quoted.Of(output.Parameters.Keys.First())} is not supported");
            }
            if (wanted.Contains(spec))
            {
                throw new InvalidFieldException($"outputs[{i}].name", $"{spec.Name} is there twice");
            }
            wanted.Add(spec);
        }
        return wanted.Count > 0 ? wanted : specs;
    }

    /// <summary>Adds an output, raw. Where the items differ in their first dimension, the shorter ones are filled up with zeros.</summary>
    public static void Add(ModelInferResponse response, TensorSpec spec, IReadOnlyList<Cell> cells)
    {
        var longest = cells.MaxBy(cell => cell.Dims[0])!;
        if (spec.Type.Size == 0)
        {
            longest = longest with { Data = ReadOnlyMemory<byte>.Empty };
        }
        var bytes = new byte[SizeOf(spec, cells)];
        var at = 0;
        foreach (var cell in cells)
        {
            cell.Data.Span.CopyTo(bytes.AsSpan(at));
            at += Math.Max(cell.Data.Length, longest.Data.Length);
        }
        response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor
        {
            Name = spec.Name,
            Datatype = spec.Type.Name,
            Shape = { longest.Dims.Prepend(cells.Count) },
        });
        // The message may keep the array, which is not used again.
        response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(bytes));
    }

    /// <summary>Bytes of an output before it is written.</summary>
    public static long SizeOf(TensorSpec spec, IReadOnlyList<Cell> cells) =>
        spec.Type.Size == 0 ? cells.Sum(cell => (long)cell.Data.Length) : (long)cells.Max(cell => cell.Data.Length) * cells.Count;
}
