namespace MedMoE.Mesh.Wire.Transport;

/// <summary>Headers with which a caller says who it is: one of the two.</summary>
public static class CallerHeaders
{
    /// <summary>With <see cref="Bearer"/> and a key or a token.</summary>
    public const string Authorization = "authorization";

    public const string Bearer = "Bearer ";

    /// <summary>With a key alone.</summary>
    public const string ApiKey = "x-api-key";

    public static bool IsKey(string header) =>
        header.Equals(Authorization, StringComparison.OrdinalIgnoreCase) || header.Equals(ApiKey, StringComparison.OrdinalIgnoreCase);
}
