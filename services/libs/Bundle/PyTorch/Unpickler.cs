namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>
/// Reads pickles of protocols 2 to 5, limited to what checkpoints need: numbers, strings, tuples, lists, dicts and tensors. All else is an error.
/// The stack machine creates only this project's own types. Memory is bounded by the bytes read, and nothing recurses.
/// </summary>
internal sealed class Unpickler(PickleInput input)
{
    /// <summary>Limit of steps, and so of values: a checkpoint of a thousand tensors with optimizer states takes 100,000.</summary>
    public const int MostOpcodes = 2_000_000;

    /// <summary>Limit of open (nested) tuples, lists and dicts.</summary>
    private const int MostMarks = 1000;

    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];

    public Dictionary<string, PickledStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads one pickle; afterwards the input is positioned behind it.</summary>
    /// <exception cref="BundleException">The pickle is broken or holds unsupported values.</exception>
    public object? Read()
    {
        for (var steps = 0; steps < MostOpcodes; steps++)
        {
            var opcode = input.Byte();
            if (opcode == '.')
            {
                var value = Pop();
                return _stack.Count == 0 && _marks.Count == 0 ? value : throw input.Fault("ends inside a value");
            }
            if (!TryConstant(opcode) && !TryContainer(opcode) && !TryMemo(opcode) && !TryObject(opcode))
            {
                throw input.Fault($"opcode 0x{opcode:x2} is not supported");
            }
        }
        throw input.Fault($"more than {MostOpcodes} opcodes");
    }

    private bool TryConstant(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                if (input.Byte() is var protocol and (< 2 or > 5))
                {
                    throw input.Fault($"protocol {protocol} is not supported");
                }
                return true;
            case 0x95: // FRAME, a length that is not needed when reading from a file
                input.Take(8);
                return true;
            case (byte)'N': return Push(null);
            case 0x88: return Push(true);
            case 0x89: return Push(false);
            case (byte)'K': return Push((long)input.Byte());
            case (byte)'M': return Push((long)input.UInt16());
            case (byte)'J': return Push((long)input.Int32());
            case 0x8a: return Push(input.Long());
            case (byte)'G': return Push(input.Double());
            case (byte)'X' or (byte)'T': return Push(input.Text(input.UInt32()));
            case 0x8c or (byte)'U': return Push(input.Text(input.Byte()));
            case 0x8d: return Push(input.Text(input.UInt64()));
            case (byte)'B': return Push(input.Take(input.UInt32()).ToArray());
            case (byte)'C': return Push(input.Take(input.Byte()).ToArray());
            default: return false;
        }
    }

    private bool TryContainer(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(':
                if (_marks.Count == MostMarks)
                {
                    throw input.Fault($"more than {MostMarks} nested values");
                }
                _marks.Push(_stack.Count);
                return true;
            case (byte)')': return Push(Array.Empty<object?>());
            case (byte)']': return Push(new List<object?>());
            case (byte)'}': return Push(new PickledDict());
            case (byte)'t': return Push(PopToMark());
            case 0x85 or 0x86 or 0x87: return Push(PopLast(opcode - 0x84));
            case (byte)'a':
                var item = Pop();
                TopList.Add(item);
                return true;
            case (byte)'e':
                var items = PopToMark();
                TopList.AddRange(items);
                return true;
            case (byte)'s': return SetItems(PopLast(2));
            case (byte)'u': return SetItems(PopToMark());
            default: return false;
        }
    }

    private bool TryMemo(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'q': return Remember(input.Byte());
            case (byte)'r': return Remember(input.UInt32());
            case 0x94: return Remember((uint)_memo.Count);
            case (byte)'h': return Recall(input.Byte());
            case (byte)'j': return Recall(input.UInt32());
            default: return false;
        }
    }

    private bool TryObject(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'c': return Push(Global(input.Line(), input.Line()));
            case 0x93: // STACK_GLOBAL
                return PopLast(2) is [string module, string name] ? Push(Global(module, name)) : throw input.Fault("a class without a name");
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                var (arguments, called) = (Pop(), Pop());
                return Push(TorchObjects.Call(called, arguments) ?? throw input.Fault(
                    $"invalid arguments of {(called as PickledGlobal)?.Name ?? "a function"}, or a tensor beyond its storage"));
            case (byte)'b': // BUILD: ignores the other state of an ordered dict, such as module versions
                return Pop() is PickledDict && TopDict is not null ? true : throw input.Fault("state that is not a dict");
            case (byte)'Q': // BINPERSID
                var storage = TorchObjects.Storage(Pop())
                    ?? throw input.Fault("not a tensor storage, or a view of one as PyTorch wrote before 0.4");
                return Storages.TryAdd(storage.Key, storage) || Storages[storage.Key] == storage ? Push(storage)
                    : throw input.Fault($"storage {storage.Key} has two types or sizes");
            default: return false;
        }
    }

    private PickledGlobal Global(string module, string name) => TorchObjects.Global(module, name) ?? throw input.Refusal(
        $"holds {module}.{name}: only tensors, ordered dicts and plain values are read, and code in a file is never run; "
        + "in Python, save only its state_dict");

    private bool SetItems(object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw input.Fault("a key without a value");
        }
        var dict = TopDict;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            dict.Entries.Add((pairs[i], pairs[i + 1]));
        }
        return true;
    }

    private bool Remember(uint index)
    {
        _memo[index] = Top;
        return true;
    }

    private bool Recall(uint index) => _memo.TryGetValue(index, out var value) ? Push(value) : throw input.Fault($"memo {index} is empty");

    private bool Push(object? value)
    {
        _stack.Add(value);
        return true;
    }

    private object? Pop() => PopLast(1)[0];

    /// <summary>Pops values, but never from below the last mark.</summary>
    private object?[] PopLast(int count)
    {
        if (_stack.Count - count < Floor)
        {
            throw input.Fault("the stack is empty");
        }
        var popped = _stack[^count..].ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return popped;
    }

    private object?[] PopToMark()
    {
        var popped = PopLast(_marks.Count > 0 ? _stack.Count - _marks.Peek() : int.MaxValue);
        _marks.Pop();
        return popped;
    }

    private object? Top => _stack.Count > Floor ? _stack[^1] : throw input.Fault("the stack is empty");

    private List<object?> TopList => Top as List<object?> ?? throw input.Fault("items for a value that is not a list");

    private PickledDict TopDict => Top as PickledDict ?? throw input.Fault("items or state for a value that is not a dict");

    /// <summary>Index of the first stack value after the last mark.</summary>
    private int Floor => _marks.Count > 0 ? _marks.Peek() : 0;
}
