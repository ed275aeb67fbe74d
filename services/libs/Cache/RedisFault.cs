using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>What is said of an operation that failed: what Redis answered, without anything of the operation.</summary>
internal static class RedisFault
{
    private const int MaxLength = 160;

    /// <param name="failure">The failure.</param>
    /// <param name="keyPrefix">What every key begins with: Redis repeats arguments in some of its answers, from the key on.</param>
    public static string Describe(Exception failure, string keyPrefix) => failure switch
    {
        RedisServerException => $"Redis says: {Cut(failure.Message, keyPrefix)}",
        RedisTimeoutException => "no answer within StackExchange.Redis's time-out",
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
