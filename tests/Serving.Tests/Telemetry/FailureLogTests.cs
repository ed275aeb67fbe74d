using Grpc.Core;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Telemetry;

public sealed class FailureLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _lines = new();

    [Fact]
    public void Add_ManyInASecond_AFewLinesAndTheNumberOfTheOthers()
    {
        var log = new FailureLog(_time, _lines);
        for (var call = 0; call < 8; call++)
        {
            log.Add("/a.B/C", StatusCode.Unavailable, "expert ct: no replica can be reached", TimeSpan.FromSeconds(0.5));
        }
        Assert.Equal(5, _lines.Count);
        Assert.All(_lines, line => Assert.Equal("a.B/C failed after 0.500 s with Unavailable: expert ct: no replica can be reached", line));

        _time.Advance(TimeSpan.FromSeconds(1));
        log.Add("/a.B/C", StatusCode.Unknown, "internal error", TimeSpan.Zero);

        Assert.Equal("a.B/C failed after 0.000 s with Unknown: internal error; 3 calls before it failed, too", _lines[^1]);
    }

    [Theory]
    [InlineData(StatusCode.OK)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Cancelled)]
    [InlineData(StatusCode.ResourceExhausted)]
    public void Add_NoFaultOfTheMesh_NoLine(StatusCode status)
    {
        new FailureLog(_time, _lines).Add("/a.B/C", status, "a caller's words", TimeSpan.Zero);
        Assert.Empty(_lines);
    }

    private sealed class Lines : List<string>, ILogger<FailureLog>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception));
    }
}
