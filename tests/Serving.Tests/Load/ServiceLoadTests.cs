using Grpc.Core;
using MedMoE.Mesh.Orca;
using MedMoE.Mesh.Serving.Load;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Load;

public sealed class ServiceLoadTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>Five calls a second of 100 ms each, which are half a call at any time.</summary>
    [Fact]
    public void Report_OfSteadyCalls_HasTheirRateAndTheirMeanNumber()
    {
        var load = new ServiceLoad(_time);
        load.CountCalls(4);
        for (var i = 0; i < 500; i++)
        {
            load.Started();
            _time.Advance(TimeSpan.FromSeconds(0.1));
            load.Ended(i % 5 == 0 ? StatusCode.Internal : StatusCode.OK);
            _time.Advance(TimeSpan.FromSeconds(0.1));
        }

        var report = load.Report();

        Assert.Equal(5, report.RpsFractional, 0.3);
        Assert.Equal(1, report.Eps, 0.2);
        Assert.Equal(0.5 / 4, report.ApplicationUtilization, 0.01);
        Assert.Equal(0, report.NamedMetrics["running"]);
    }

    [Fact]
    public void Report_OfANetwork_CountsItems_AndAboveItsCapacityIsAboveOne()
    {
        var load = new ServiceLoad(_time);
        load.CountItems(8);
        load.Started();
        load.Items(16);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((2, 16), (Math.Round(load.Report().ApplicationUtilization, 3), load.Report().NamedMetrics["running"]));

        load.Items(-16);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, load.Report().ApplicationUtilization, 0.001);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Trailer_IsReadAsItWasWritten(bool isPadded)
    {
        var report = new OrcaLoadReport { ApplicationUtilization = 0.25, RpsFractional = 3, NamedMetrics = { ["running"] = 2 } };
        var text = LoadReports.Text(report);

        Assert.Equal(report, LoadReports.Read(isPadded ? text : text.TrimEnd('=')));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("%%%")]
    [InlineData("A")]
    [InlineData("/////w==")]
    public void Trailer_ThatIsNone_IsNoReport(string? text) => Assert.Null(LoadReports.Read(text));
}
