using System.Globalization;
using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.Wire.Json;

/// <summary>Numbers of proto's types in JSON: as numbers or as text, integers also as 1e3 or 2.0.</summary>
internal static class JsonNumbers
{
    private const double MaxExact = 1L << 53;
    private const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The number, boxed as the field's type; false if it is none or out of range.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, FieldType type, out object number)
    {
        number = 0;
        switch (type)
        {
            case FieldType.Float:
                var isSingle = TryReadSingle(text, out var single);
                number = single;
                return isSingle;
            case FieldType.Double:
                var isDouble = TryReadDouble(text, out var value);
                number = value;
                return isDouble;
        }
        if (!TryReadInteger(text, out var integer))
        {
            return false;
        }
        var (min, max) = type switch
        {
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => ((Int128)int.MinValue, (Int128)int.MaxValue),
            FieldType.UInt32 or FieldType.Fixed32 => (0, uint.MaxValue),
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (long.MinValue, long.MaxValue),
            _ => (0, ulong.MaxValue),
        };
        if (integer < min || integer > max)
        {
            return false;
        }
        number = type switch
        {
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)integer,
            FieldType.UInt32 or FieldType.Fixed32 => (uint)integer,
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (long)integer,
            _ => (object)(ulong)integer,
        };
        return true;
    }

    /// <summary>Rounded to the nearest; also "NaN", "Infinity" and "-Infinity". False beyond FP32's range.</summary>
    public static bool TryReadSingle(ReadOnlySpan<byte> text, out float number)
    {
        if (TryReadName(text, out var named))
        {
            number = (float)named;
            return true;
        }
        return float.TryParse(text, Real, CultureInfo.InvariantCulture, out number) && float.IsFinite(number);
    }

    private static bool TryReadDouble(ReadOnlySpan<byte> text, out double number) =>
        TryReadName(text, out number) || (double.TryParse(text, Real, CultureInfo.InvariantCulture, out number) && double.IsFinite(number));

    private static bool TryReadInteger(ReadOnlySpan<byte> text, out Int128 number)
    {
        if (Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }
        var isInteger = TryReadDouble(text, out var value) && Math.Abs(value) <= MaxExact && value == Math.Truncate(value);
        number = isInteger ? (Int128)value : 0;
        return isInteger;
    }

    private static bool TryReadName(ReadOnlySpan<byte> text, out double number)
    {
        number = text switch
        {
            _ when text.SequenceEqual("NaN"u8) => double.NaN,
            _ when text.SequenceEqual("Infinity"u8) => double.PositiveInfinity,
            _ when text.SequenceEqual("-Infinity"u8) => double.NegativeInfinity,
            _ => 0,
        };
        return number != 0;
    }
}
