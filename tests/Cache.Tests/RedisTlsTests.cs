using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Cache.Tests;

/// <summary>A real Redis that speaks TLS alone, and asks callers for a certificate.</summary>
public sealed class RedisTlsTests : IDisposable
{
    private readonly TestAuthority _mesh = new();

    [Fact]
    public async Task Redis_OfTheMeshsAuthority_KeepsEntriesOfEverySize()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.StartTls(_mesh.Write("redis"), _mesh.Path);
        var (options, router) = ($"{redis.Address},ssl=true,sslHost=redis", Router());
        // Large entries have a connection of their own.
        var large = new byte[1 << 20];
        await CacheUnderTest.Fill(options, router, ("small", [1, 2, 3]), ("large", large));
        await using var cache = new CacheUnderTest(CacheUnderTest.For(options), router);

        Assert.Equal([1, 2, 3], await cache.Get("small"));
        Assert.Equal(large, await cache.Get("large"));
    }

    [Theory]
    [InlineData(true, "redis")]
    [InlineData(false, "another")]
    public async Task Redis_OfAnotherAuthorityOrName_IsNotTrusted(bool stranger, string name)
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var another = new TestAuthority("another authority");
        using var redis = await RedisServer.StartTls((stranger ? another : _mesh).Write(name), _mesh.Path);

        const string Reason = "TLS: its certificate is not one of a trusted authority for its name";
        Assert.StartsWith($"Redis: reads fail ({Reason})", await Line(redis, Router()));
        // The system does not know the authority either.
        Assert.StartsWith($"Redis: reads fail ({Reason})", await Line(redis, MeshTransport.Plain));
    }

    [Fact]
    public async Task Redis_WithoutACertificate_TakesNobodyIn()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.StartTls(_mesh.Write("redis"), _mesh.Path);
        var authority = Pem.Certificates(_mesh.Path);

        Assert.StartsWith("Redis: reads fail (", await Line(redis, MeshTransport.Tls(() => authority, () => null)));
    }

    public void Dispose() => _mesh.Dispose();

    /// <summary>The transport of a router of the mesh.</summary>
    private MeshTransport Router()
    {
        var (certificate, key) = _mesh.Write("router");
        var (authority, own) = (Pem.Certificates(_mesh.Path), Pem.Identity(certificate, key).TargetCertificate);
        return MeshTransport.Tls(() => authority, () => own);
    }

    /// <summary>The first line of the log of a cache on a Redis.</summary>
    private static async Task<string> Line(RedisServer redis, MeshTransport transport)
    {
        await using var cache = new CacheUnderTest(CacheUnderTest.For($"{redis.Address},ssl=true,sslHost=redis"), transport);
        return await cache.NextLine("none", mayMiss: true);
    }
}
