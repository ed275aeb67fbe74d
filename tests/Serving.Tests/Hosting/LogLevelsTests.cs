using MedMoE.Mesh.ServicesUnderTest;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Tests.Hosting;

public sealed class LogLevelsTests
{
    [Theory]
    [InlineData("Grpc.Net.Client", false)]
    [InlineData("Grpc.Net.Client", true, "--Logging:LogLevel:Grpc=Debug")]
    [InlineData("Microsoft.AspNetCore.Hosting", false, "--Logging:LogLevel:Grpc=Debug")]
    [InlineData("Microsoft.AspNetCore.Hosting", true, "--Logging:LogLevel:Microsoft.AspNetCore=Debug")]
    // What says too much for a reason needs its own setting.
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Http2", false, "--Logging:LogLevel:Microsoft.AspNetCore=Debug")]
    public async Task Category_OfASetting_ShowsMore(string category, bool isShown, params string[] settings)
    {
        await using var service = await RunningService.Start(StubTextEncoder.Create, null, settings);
        Assert.Equal(isShown, service.Get<ILoggerFactory>().CreateLogger(category).IsEnabled(LogLevel.Debug));
    }
}
