using System.Net;
using MedMoE.Mesh.Gateway.Limits;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Gateway.Tests.Limits;

public sealed class CallPlacesTests
{
    private readonly Dictionary<OpenCall, Hold> _holds = [];

    [Fact]
    public void Place_AllTaken_WhoHasMostMakesRoom()
    {
        var places = Places(4, ofCaller: 4);
        var calls = Enter(places, Hold.Weak, 1, 2, 2, 2);

        Assert.Null(places.TryEnter(Call(3, Hold.Weak)));

        Assert.Equal([false, true, false, false], calls.Select(call => call.Refusal is not null));
        Assert.Equal("over the limit of 4 calls", calls[1].Refusal!.Message);
    }

    [Fact]
    public void Place_OthersHaveNoMore_IsRefused()
    {
        var places = Places(4, ofCaller: 4);
        var calls = Enter(places, Hold.Weak, 1, 1, 2, 2);

        Assert.NotNull(places.TryEnter(Call(1, Hold.Weak)));

        Assert.All(calls, call => Assert.Null(call.Refusal));
    }

    [Fact]
    public void Place_OwnLimit_OwnCallMakesRoomOrNone()
    {
        var places = Places(8, ofCaller: 2);
        var weak = Enter(places, Hold.Weak, 1, 1);
        var firm = Enter(places, Hold.Firm, 2, 2);

        Assert.Null(places.TryEnter(Call(1, Hold.Firm)));
        Assert.Equal("over the limit of 2 calls for one client (Gateway:MaxClientShare)", places.TryEnter(Call(2, Hold.Firm))?.Message);

        Assert.NotNull(weak[0].Refusal);
        Assert.Null(weak[1].Refusal);
        Assert.All(firm, call => Assert.Null(call.Refusal));
    }

    [Fact]
    public void Place_NobodyNeedsAnyMore_IsAnybodys()
    {
        var places = Places(2, ofCaller: 2);
        var calls = Enter(places, Hold.None, 1, 2);

        // A caller with as many calls.
        Assert.Null(places.TryEnter(Call(2, Hold.Firm)));

        Assert.NotNull(calls[0].Refusal);
        Assert.Null(calls[1].Refusal);
    }

    [Fact]
    public void Leave_TakenOrLost_FreesOnePlaceOnce()
    {
        var places = Places(2, ofCaller: 2);
        var calls = Enter(places, Hold.Firm, 1, 2);

        places.Leave(calls[0]);
        places.Leave(calls[0]);

        Assert.Null(places.TryEnter(Call(3, Hold.Firm)));
        Assert.NotNull(places.TryEnter(Call(4, Hold.Firm)));
    }

    private CallPlaces Places(int max, int ofCaller) => new(max, ofCaller, "calls", call => _holds[call]);

    private OpenCall[] Enter(CallPlaces places, Hold hold, params int[] callers)
    {
        OpenCall[] calls = [.. callers.Select(caller => Call(caller, hold))];
        Assert.All(calls, call => Assert.Null(places.TryEnter(call)));
        return calls;
    }

    private OpenCall Call(int caller, Hold hold)
    {
        var call = new OpenCall(
            new DefaultHttpContext { Connection = { RemoteIpAddress = new IPAddress([10, 0, 0, (byte)caller]) } }, TimeProvider.System);
        _holds[call] = hold;
        return call;
    }
}
