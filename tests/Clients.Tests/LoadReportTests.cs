using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

public sealed class LoadReportTests
{
    private const int Count = 750;

    /// <summary>gRPC's own weighted round robin knows nothing of the mesh but its load reports.</summary>
    [Theory]
    [InlineData("in answers")]
    [InlineData("oob")]
    public async Task WeightedRoundRobin_OfThreeSpeeds_FollowsThem(string reports)
    {
        var client = Client.Of("node");
        await client.Prepare();
        PacedService[] paced = [.. new[] { 30, 60, 120 }.Select(milliseconds => new PacedService(TimeSpan.FromMilliseconds(milliseconds)))];
        await using var one = await RunningService.Start(paced[0].Create, null);
        await using var two = await RunningService.Start(paced[1].Create, null);
        await using var three = await RunningService.Start(paced[2].Create, null);

        var result = await (client with { Command = ["node", "tests/clients/node/weighted.js"] })
            .Run($"{one.Address},{two.Address},{three.Address}", $"{Count}", reports);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        // The first go in turn, until there are weights.
        var half = paced.SelectMany(service => service.Calls).Order().ElementAt(Count / 2);
        double[] calls = [.. paced.Select(service => service.Calls.Count(at => at > half))];
        // A call takes longer than its pace, on busy machines by some tens of milliseconds. Without weights the shares are equal.
        Assert.InRange(calls[0] / calls[1], 1.4, 2.3);
        Assert.InRange(calls[1] / calls[2], 1.5, 2.3);
    }
}
