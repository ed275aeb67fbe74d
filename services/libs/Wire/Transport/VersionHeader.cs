using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>
/// The header that names a version of the model, "name/version" of its bundle: in a request the one that shall answer, in an answer the one that
/// did.
/// </summary>
public static class VersionHeader
{
    public const string Name = "medmoe-version";

    /// <summary>The header's value: bytes of UTF-8 that a header cannot have, and the percent sign, as %XX.</summary>
    public static string ValueOf(string version)
    {
        var value = new StringBuilder();
        foreach (var one in Encoding.UTF8.GetBytes(version))
        {
            if (one is > 0x20 and < 0x7F and not (byte)'%')
            {
                value.Append((char)one);
            }
            else
            {
                value.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
            }
        }
        return value.ToString();
    }
}
