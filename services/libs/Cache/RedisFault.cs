using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>Describes a failed operation in one line, without its arguments, which may be patient data.</summary>
internal static class RedisFault
{
    private const int MaxLength = 160;

    /// <summary>Redis repeats arguments in some errors, so the message is cut at <paramref name="keyPrefix"/>, the start of every key.</summary>
    public static string Describe(Exception failure, string keyPrefix) => failure switch
    {
        RedisServerException => $"Redis error: {Cut(failure.Message, keyPrefix)}",
        RedisTimeoutException => "timeout of StackExchange.Redis",
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection } => Cut(failure.Message, " is active"),
        RedisConnectionException connection => $"no connection: {connection.FailureType}",
        RedisCommandException => Cut(failure.Message, ":"),
        _ => failure.GetType().Name,
    };

    private static string Cut(string message, string end)
    {
        var length = message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var line ? line : message.Length;
        length = message.IndexOf(end, StringComparison.Ordinal) is >= 0 and var at ? Math.Min(at, length) : length;
        return message[..Math.Min(length, MaxLength)].TrimEnd(' ', '\'', '`');
    }
}
