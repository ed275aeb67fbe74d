namespace MedMoE.Mesh.Gateway.Replicas;

/// <summary>A request that may be sent more than once.</summary>
internal interface IRepeatableRequest
{
    /// <summary>Makes the context's request body begin again.</summary>
    /// <returns>False where a part of it has been sent and not kept.</returns>
    bool TryRewind();
}
