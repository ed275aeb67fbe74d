using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>
/// Allow-list of the classes and functions that a checkpoint may name, and the plain data that each one creates. No type is loaded and no code of a
/// file is executed.
/// </summary>
internal static class TorchObjects
{
    private const int MostDimensions = 16;

    private static readonly PickledGlobal _orderedDict = new("collections.OrderedDict");
    private static readonly PickledGlobal _tensor = new("torch._utils._rebuild_tensor");
    private static readonly PickledGlobal _tensor2 = new("torch._utils._rebuild_tensor_v2");
    private static readonly PickledGlobal _parameter = new("torch._utils._rebuild_parameter");

    private static readonly Dictionary<PickledGlobal, SafetensorsDType> _storages = new()
    {
        [new("torch.BoolStorage")] = SafetensorsDType.BOOL,
        [new("torch.ByteStorage")] = SafetensorsDType.U8,
        [new("torch.CharStorage")] = SafetensorsDType.I8,
        [new("torch.ShortStorage")] = SafetensorsDType.I16,
        [new("torch.IntStorage")] = SafetensorsDType.I32,
        [new("torch.LongStorage")] = SafetensorsDType.I64,
        [new("torch.HalfStorage")] = SafetensorsDType.F16,
        [new("torch.BFloat16Storage")] = SafetensorsDType.BF16,
        [new("torch.FloatStorage")] = SafetensorsDType.F32,
        [new("torch.DoubleStorage")] = SafetensorsDType.F64,
    };

    private static readonly Dictionary<string, PickledGlobal> _known =
        _storages.Keys.Concat([_orderedDict, _tensor, _tensor2, _parameter]).ToDictionary(global => global.Name, StringComparer.Ordinal);

    /// <summary>A class or function by name, or null if it is not on the list.</summary>
    public static PickledGlobal? Global(string module, string name) => _known.GetValueOrDefault($"{module}.{name}");

    /// <summary>The result of a call, or null if the arguments are not valid for it.</summary>
    public static object? Call(object? called, object? arguments) => called is not PickledGlobal global || arguments is not object?[] values ? null
        : global == _orderedDict && values.Length == 0 ? new PickledDict()
        : global == _tensor && values.Length == 4 ? Tensor(values)
        : global == _tensor2 && values.Length is 6 or 7 ? Tensor(values)
        : global == _parameter && values is [PickledTensor data, ..] ? data
        : null;

    /// <summary>
    /// The storage of a persistent id ("storage", class, key, device, elements), with a sixth for a view in the legacy format; null if invalid.
    /// </summary>
    public static PickledStorage? Storage(object? id) =>
        id is object?[] { Length: 5 or 6 } parts && parts is ["storage", PickledGlobal type, string key, string, long elements, ..]
        && (parts.Length == 5 || parts[5] is null) && elements >= 0 && _storages.TryGetValue(type, out var dtype)
        && elements <= long.MaxValue / dtype.Size() ? new PickledStorage(dtype, key, elements) : null;

    private static PickledTensor? Tensor(object?[] arguments)
    {
        if (arguments is not [PickledStorage storage, long first, object?[] size, object?[] stride, ..] || first < 0
            || size.Length != stride.Length || size.Length > MostDimensions)
        {
            return null;
        }
        long[] shape = [.. size.Select(d => d as long? ?? -1)], strides = [.. stride.Select(s => s as long? ?? -1)];
        return shape.Concat(strides).Any(n => n < 0) || !IsWithin(storage, first, shape, strides) ? null
            : new PickledTensor(storage, first, shape, strides);
    }

    /// <summary>Whether every element is inside the storage and the size in bytes fits a long.</summary>
    private static bool IsWithin(PickledStorage storage, long first, long[] shape, long[] strides)
    {
        var (elements, last) = ((Int128)1, (Int128)first);
        for (var d = 0; d < shape.Length; d++)
        {
            elements *= shape[d];
            last += shape[d] == 0 ? 0 : (Int128)(shape[d] - 1) * strides[d];
            if (elements * storage.DType.Size() > long.MaxValue)
            {
                return false;
            }
        }
        return elements == 0 || last < storage.Elements;
    }
}
