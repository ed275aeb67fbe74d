using System.Buffers.Text;
using System.Security.Cryptography;

namespace MedMoE.Mesh.Serving.Access;

public static class AccessKey
{
    /// <summary>So that scanners of code and logs find a key that leaked.</summary>
    private const string Prefix = "medmoe_";

    private const int Bytes = 32;

    /// <summary>A new random key of 256 bits, in base64url.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
}
