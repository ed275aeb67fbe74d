using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>The model of a stand-in for another service, which reports the other's model.</summary>
/// <param name="info">Of the other's.</param>
/// <param name="warm">Whether it is ever warmed up.</param>
internal sealed class StandInModel(ModelInfo info, bool warm = true) : IServedModel
{
    public ModelInfo Info => info;

    public Task WarmUp(CancellationToken cancellation) => warm ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
}
