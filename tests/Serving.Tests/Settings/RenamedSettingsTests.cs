using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Serving.Tests.Settings;

public sealed class RenamedSettingsTests
{
    [Theory]
    [InlineData("Endpoints:TextEncoder=127.0.0.1:1", "Endpoints:TextEncoder: is now Endpoints:Services:text-encoder")]
    [InlineData("Endpoints:Experts:ct=127.0.0.1:1", "Endpoints:Experts: is now Endpoints:Services:expert-NAME")]
    [InlineData("Serving:LargestMessage=1024", "Serving:LargestMessage: is now Serving:MaxMessageBytes")]
    public async Task Start_SettingByItsOldName_NamesTheNewOne(string setting, string expected)
    {
        var e = await Assert.ThrowsAsync<InvalidSettingException>(() => RunningService.Start(StubTextEncoder.Create, null, $"--{setting}"));
        Assert.Equal(expected, e.Message);
    }
}
