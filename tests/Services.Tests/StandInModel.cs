using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>The model of a service that stands in for another: it says what the other runs.</summary>
/// <param name="info">Of the other's.</param>
/// <param name="warm">Whether it is ever warmed up.</param>
internal sealed class StandInModel(ModelInfo info, bool warm = true) : IServedModel
{
    public ModelInfo Info => info;

    public Task WarmUp(CancellationToken cancellation) => warm ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
}
