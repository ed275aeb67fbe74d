namespace MedMoE.Mesh.Services.Tests.Mutations;

/// <summary>A message with a few bytes changed, as broken clients and attackers send it.</summary>
internal static class Mutation
{
    // Bytes that break lengths, numbers and tags of Protocol Buffers.
    private static readonly byte[] _telling = [0x00, 0x01, 0x07, 0x0a, 0x7f, 0x80, 0xfe, 0xff];

    /// <summary>Changes one to four bytes, the same for the same seed.</summary>
    public static byte[] Of(byte[] message, int seed)
    {
        var random = new Random(seed);
        var bytes = message.ToList();
        for (var left = random.Next(1, 5); left > 0 && bytes.Count > 0; left--)
        {
            // Half of them at the start, where the fields' tags are.
            var at = random.Next(random.Next(2) == 0 ? bytes.Count : Math.Min(bytes.Count, 24));
            var length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = _telling[random.Next(_telling.Length)];
                    break;
                case 2:
                    bytes.Insert(at, _telling[random.Next(_telling.Length)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    bytes.RemoveRange(bytes.Count - length, length);
                    break;
            }
        }
        return [.. bytes];
    }
}
