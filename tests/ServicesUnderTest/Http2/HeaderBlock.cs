using System.Buffers;
using System.Text;

namespace MedMoE.Mesh.ServicesUnderTest.Http2;

/// <summary>
/// Header blocks of HPACK (RFC 7541) without its tables: every field is written as a literal, and names from the static table are not read.
/// </summary>
internal static class HeaderBlock
{
    private const int LengthBits = 7;

    /// <summary>Fields as literals that are not indexed. Characters up to U+00FF are bytes.</summary>
    public static byte[] Write(IEnumerable<(string Name, string Value)> fields)
    {
        var block = new ArrayBufferWriter<byte>();
        foreach (var (name, value) in fields)
        {
            block.Write<byte>([0]);
            WriteText(block, name);
            WriteText(block, value);
        }
        return block.WrittenSpan.ToArray();
    }

    /// <summary>The fields whose names are literals in the block, as gRPC's are.</summary>
    public static IEnumerable<(string Name, string Value)> Read(byte[] block)
    {
        var at = 0;
        while (at < block.Length)
        {
            var first = block[at];
            if ((first & 0x80) != 0)
            {
                // A whole field of the static table.
                ReadNumber(block, ref at, 7);
                continue;
            }
            if ((first & 0xe0) == 0x20)
            {
                // The size of the table that is not used.
                ReadNumber(block, ref at, 5);
                continue;
            }
            var index = ReadNumber(block, ref at, (first & 0x40) != 0 ? 6 : 4);
            var name = index == 0 ? ReadText(block, ref at) : $"static {index}";
            yield return (name, ReadText(block, ref at));
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> block, string text)
    {
        var limit = (1 << LengthBits) - 1;
        if (text.Length < limit)
        {
            block.Write<byte>([(byte)text.Length]);
        }
        else
        {
            block.Write<byte>([(byte)limit]);
            var rest = text.Length - limit;
            for (; rest >= 128; rest >>= 7)
            {
                block.Write<byte>([(byte)(rest | 0x80)]);
            }
            block.Write<byte>([(byte)rest]);
        }
        block.Write(Encoding.Latin1.GetBytes(text));
    }

    private static string ReadText(byte[] block, ref int at)
    {
        var isHuffman = (block[at] & 0x80) != 0;
        var length = ReadNumber(block, ref at, LengthBits);
        var text = isHuffman ? throw new NotSupportedException("a text in Huffman's code") : Encoding.Latin1.GetString(block, at, length);
        at += length;
        return text;
    }

    private static int ReadNumber(byte[] block, ref int at, int bits)
    {
        var limit = (1 << bits) - 1;
        var number = block[at++] & limit;
        if (number < limit)
        {
            return number;
        }
        byte next;
        var shift = 0;
        do
        {
            next = block[at++];
            number += (next & 0x7f) << shift;
            shift += 7;
        }
        while ((next & 0x80) != 0);
        return number;
    }
}
