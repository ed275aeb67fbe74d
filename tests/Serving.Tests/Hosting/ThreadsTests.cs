using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Serving.Tests.Hosting;

public sealed class ThreadsTests
{
    [Fact]
    public void CreateBuilder_FewCores_PoolHasThreadsToSpare()
    {
        ServiceHost.CreateBuilder([]);

        ThreadPool.GetMinThreads(out var workers, out _);
        Assert.True(workers >= 16, $"{workers} threads: libraries that block them let the service stand still");
    }
}
