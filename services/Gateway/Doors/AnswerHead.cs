using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>Status and headers of the gRPC answer to a call of a door. They start when the answer's first byte comes, or at its end.</summary>
internal sealed class AnswerHead(HttpResponse outer) : HttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = [];
    private bool _hasStarted;

    public override bool HasStarted => _hasStarted;

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public override void OnCompleted(Func<object, Task> callback, object state) => outer.OnCompleted(callback, state);

    public async Task Start()
    {
        if (_hasStarted)
        {
            return;
        }
        while (_starting.TryPop(out var starting))
        {
            await starting.Callback(starting.State);
        }
        _hasStarted = true;
    }
}
