using StackExchange.Redis;

namespace MedMoE.Mesh.Cache.Tests;

public sealed class RedisFaultTests
{
    [Theory]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "Redis error: OOM command not allowed when used memory > 'maxmemory'.")]
    [InlineData("ERR unknown command 'SET', with args beginning with: 'medmoe2:text:0f' 'content'",
        "Redis error: ERR unknown command 'SET', with args beginning with:")]
    [InlineData("ERR a line\r\nmedmoe2:text:0f", "Redis error: ERR a line")]
    public void Describe_WhatRedisAnswered_HoldsNoKeyAndNoContent(string answer, string expected) =>
        Assert.Equal(expected, RedisFault.Describe(new RedisServerException(answer), RedisLevel.KeyPrefix));
}
