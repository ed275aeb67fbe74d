using MedMoE.Mesh.Serving.Access;
using Microsoft.IdentityModel.Tokens;

namespace MedMoE.Mesh.Gateway.Access;

internal static class TokenKeys
{
    /// <exception cref="CallerListException">The file is no set of keys, or an empty one.</exception>
    public static JsonWebKeySet Read(string path)
    {
        try
        {
            var keys = new JsonWebKeySet(File.ReadAllText(path));
            return keys.GetSigningKeys().Count > 0 ? keys : throw new CallerListException(path, "no key for signatures in it (JWKS)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CallerListException(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : "cannot be read");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            throw new CallerListException(path, "not a set of keys (JWKS)");
        }
    }
}
