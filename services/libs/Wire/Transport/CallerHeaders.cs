namespace MedMoE.Mesh.Wire.Transport;

/// <summary>Headers with which a caller says who it is, one of two; and the one that names a request.</summary>
public static class CallerHeaders
{
    /// <summary>With <see cref="Bearer"/> and a key or a token.</summary>
    public const string Authorization = "authorization";

    public const string Bearer = "Bearer ";

    /// <summary>With a key alone.</summary>
    public const string ApiKey = "x-api-key";

    /// <summary>The id of a request, which the answer has, too.</summary>
    public const string RequestId = "x-request-id";

    public static bool IsKey(string header) =>
        header.Equals(Authorization, StringComparison.OrdinalIgnoreCase) || header.Equals(ApiKey, StringComparison.OrdinalIgnoreCase);
}
