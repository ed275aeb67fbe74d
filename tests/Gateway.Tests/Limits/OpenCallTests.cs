using MedMoE.Mesh.Gateway.Limits;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Gateway.Tests.Limits;

public sealed class OpenCallTests
{
    /// <summary>Another caller's call, or the sweep, may end a call that ends by itself at the same moment; neither may fail.</summary>
    [Fact]
    public void End_ACallThatIsOver_ChangesNothing()
    {
        var call = new OpenCall(new DefaultHttpContext(), TimeProvider.System);
        call.Dispose();

        call.End(Refusal.Stopping);

        Assert.Null(call.Refusal);
    }
}
