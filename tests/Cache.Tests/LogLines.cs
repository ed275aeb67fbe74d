using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Cache.Tests;

/// <summary>The lines that a cache logs.</summary>
internal sealed class LogLines : ILogger<FeatureCache>
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    /// <summary>The next line, or null if none has been logged.</summary>
    public string? TryRead() => _lines.Reader.TryRead(out var line) ? line : null;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Writer.TryWrite(formatter(state, exception));
}
