using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Endpoints that a test can change.</summary>
public sealed class EndpointSetting(EndpointOptions first) : IOptionsMonitor<EndpointOptions>
{
    private event Action<EndpointOptions, string?>? Changed;

    public EndpointOptions CurrentValue { get; private set; } = first;

    public EndpointOptions Get(string? name) => CurrentValue;

    public void Change(EndpointOptions next)
    {
        CurrentValue = next;
        Changed?.Invoke(next, null);
    }

    public IDisposable OnChange(Action<EndpointOptions, string?> listener)
    {
        Changed += listener;
        return new Subscription(() => Changed -= listener);
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
