namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>A request that is refused before it becomes a call.</summary>
internal sealed class DoorException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
