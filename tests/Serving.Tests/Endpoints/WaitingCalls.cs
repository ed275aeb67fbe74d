using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Tests.Endpoints;

/// <summary>Detects a call that waits for a connection; only a channel's log shows it.</summary>
internal sealed class WaitingCalls : ILoggerProvider, ILogger
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task First => _first.Task;

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "PickWaiting")
        {
            _first.TrySetResult();
        }
    }

    public void Dispose()
    {
    }
}
