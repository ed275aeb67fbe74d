using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>Reads and writes a network's parameters and buffers as safetensors files.</summary>
public static class StateDict
{
    /// <summary>Number of training batches; files may lack it, and inference does not use it.</summary>
    private const string BatchCounter = "num_batches_tracked";

    /// <summary>Reads every parameter and buffer of a network from a file with any float types.</summary>
    /// <returns>Every fault: tensors missing, unknown, of a wrong shape or type, or not finite.</returns>
    internal static List<BundleFault> Load(Module network, ITensorFile file, TensorNames names)
    {
        var faults = new List<BundleFault>();
        void Fault(string reason) => faults.Add(new BundleFault(file.Path, reason));
        using var noGrad = no_grad();
        var wanted = network.state_dict();
        foreach (var tensor in file.All)
        {
            if (names.Canonical(tensor.Name) is not { } name)
            {
                continue;
            }
            if (!wanted.Remove(name, out var target))
            {
                Fault($"tensor {tensor.Name} {Shapes.Text(tensor.Shape)} is unknown");
            }
            else if (!tensor.Shape.SequenceEqual(target.shape))
            {
                Fault($"tensor {tensor.Name} has shape {Shapes.Text(tensor.Shape)}, expected {Shapes.Text(target.shape)}");
            }
            else if (!DTypes.Has(tensor.DType) || tensor.DType.IsFloatingPoint() != target.dtype.IsFloatingPoint())
            {
                var expected = target.dtype.IsFloatingPoint() ? "a float type" : "a signed integer type";
                Fault($"tensor {tensor.Name} is {tensor.DType}, expected {expected}");
            }
            else
            {
                Read(file, tensor, target);
                if (target.dtype.IsFloatingPoint() && !target.isfinite().all().item<bool>())
                {
                    Fault($"tensor {tensor.Name} holds NaN or infinity");
                }
            }
        }
        foreach (var (name, target) in wanted.Where(w => !w.Key.EndsWith(BatchCounter, StringComparison.Ordinal)))
        {
            Fault($"tensor {name} {Shapes.Text(target.shape)} is missing");
        }
        return faults;
    }

    /// <summary>Writes a network's parameters and persistent buffers, in float32 or in <paramref name="floatType"/>.</summary>
    public static void Save(Module network, string path, ScalarType floatType = ScalarType.Float32) =>
        Save(network.state_dict().Select(entry => (entry.Key, entry.Value)), path, floatType);

    /// <summary>Writes tensors, those of float types as <paramref name="floatType"/>.</summary>
    /// <exception cref="IOException">The disk is full or not writable; an existing file at <paramref name="path"/> is unchanged.</exception>
    public static void Save(
        IEnumerable<(string Name, Tensor Tensor)> tensors, string path, ScalarType floatType, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(path, tensors.Select(entry =>
        {
            var type = entry.Tensor.dtype.IsFloatingPoint() ? floatType : entry.Tensor.dtype;
            return new TensorSource(entry.Name, DTypes.Of(type), entry.Tensor.shape, stream =>
            {
                using var scope = NewDisposeScope();
                stream.Write(entry.Tensor.detach().to(type, CPU).contiguous().bytes);
            });
        }), metadata);

    /// <summary>Reads exactly these tensors.</summary>
    /// <exception cref="BundleException">The file has other tensors or shapes; every fault is listed.</exception>
    public static void Restore(IEnumerable<(string Name, Tensor Tensor)> tensors, SafetensorsFile file)
    {
        using var noGrad = no_grad();
        var left = file.Tensors.Keys.ToHashSet();
        var faults = new List<BundleFault>();
        foreach (var (name, target) in tensors)
        {
            left.Remove(name);
            if (!file.Tensors.TryGetValue(name, out var tensor))
            {
                faults.Add(new BundleFault(file.Path, $"tensor {name} {Shapes.Text(target.shape)} is missing"));
            }
            else if (!tensor.Shape.SequenceEqual(target.shape))
            {
                faults.Add(new BundleFault(file.Path, $"tensor {name} has shape {Shapes.Text(tensor.Shape)}, expected {Shapes.Text(target.shape)}"));
            }
            else
            {
                Read(file, tensor, target);
            }
        }
        faults.AddRange(left.Select(name => new BundleFault(file.Path, $"tensor {name} is unknown")));
        if (faults.Count > 0)
        {
            throw new BundleException(faults);
        }
    }

    private static void Read(ITensorFile file, StoredTensor tensor, Tensor target)
    {
        using var scope = NewDisposeScope();
        var type = DTypes.Of(tensor.DType);
        // Networks are created on the CPU in float32, so most files are read directly into them.
        var destination = type == target.dtype && target.device_type == DeviceType.CPU ? target : empty(tensor.Shape, type);
        file.Read(tensor, destination.bytes);
        if (!ReferenceEquals(destination, target))
        {
            target.copy_(destination);
        }
    }
}
