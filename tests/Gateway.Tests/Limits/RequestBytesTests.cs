using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Tests.Limits;

public sealed class RequestBytesTests
{
    private readonly RequestBytes _bytes = new(Options.Create(new GatewayOptions { MaxBytes = 100 }));

    [Fact]
    public void Bytes_FullOfOthersIncompleteMessages_WhoHoldsMostMakesRoom()
    {
        var (small, large, one, other) = (Take("a", 10), Take("a", 40), Take("b", 30), Take("c", 20));

        Assert.Null(_bytes.TryTake(Call("d"), 5));

        Assert.Equal([null, "over the limit of 100 bytes of request messages held (Gateway:MaxBytes)", null, null], Ends(small, large, one, other));
        // Its 40 bytes are free now, and are not given back once more.
        _bytes.Release(large);
        Take("e", 35);
        Assert.NotNull(_bytes.TryTake(Call("e"), 1));
        Assert.NotNull(_bytes.TryTake(large, 1));
        Assert.All([small, one, other], call => Assert.Null(call.Refusal));
    }

    [Fact]
    public void Bytes_OthersWouldHoldNoMore_AreRefused()
    {
        OpenCall[] calls = [Take("a", 40), Take("b", 40), Take("c", 20)];

        // It would hold as much as each of the others.
        Assert.NotNull(_bytes.TryTake(calls[2], 20));
        Assert.NotNull(_bytes.TryTake(Call("d"), 41));

        Assert.All(calls, call => Assert.Null(call.Refusal));
        Assert.Null(_bytes.TryTake(Call("d"), 39));
    }

    [Fact]
    public void Bytes_GivenBack_AreFree()
    {
        var call = Take("a", 40);
        _bytes.GiveBack(call, 30);
        Assert.Equal((10, 10), (_bytes.Held, call.HeldBytes));
        // More than is left, as of a call that gave way to another meanwhile.
        _bytes.GiveBack(call, 30);
        Assert.Equal((0, 0), (_bytes.Held, call.HeldBytes));
    }

    /// <summary>What is held for an answer is work done already.</summary>
    [Fact]
    public void Bytes_ThatDoNotGiveWay_AreKept()
    {
        var answered = Call("a");
        Assert.Null(_bytes.TryTake(answered, 90, mayGiveWay: false));
        Assert.NotNull(_bytes.TryTake(Call("b"), 20));
        Assert.Null(answered.Refusal);
    }

    [Fact]
    public void Bytes_OfCompleteMessages_AreKept()
    {
        var (complete, incomplete) = (Take("a", 50), Take("b", 50));
        _bytes.Complete(complete);

        Assert.Null(_bytes.TryTake(Call("c"), 30));

        Assert.Null(complete.Refusal);
        Assert.NotNull(incomplete.Refusal);
        Assert.NotNull(_bytes.TryTake(Call("c"), 30));
    }

    [Fact]
    public void Bytes_OfWeightedCallers_CountByTheirWeights()
    {
        var (heavy, light) = (Take("a", 60, weight: 4), Take("b", 40));

        Assert.Null(_bytes.TryTake(Call("c"), 30));

        Assert.Equal([false, true], new[] { heavy, light }.Select(call => call.Refusal is not null));
    }

    private static IEnumerable<string?> Ends(params OpenCall[] calls) => calls.Select(call => call.Refusal?.Message);

    private OpenCall Take(string caller, long bytes, int weight = 1)
    {
        var call = Call(caller, weight);
        Assert.Null(_bytes.TryTake(call, bytes));
        return call;
    }

    private static OpenCall Call(string caller, int weight = 1)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(new KnownCaller(caller, Rights.Infer) { Weight = weight, MaxBytes = 100 });
        return new OpenCall(context, TimeProvider.System);
    }
}
