namespace MedMoE.Mesh.Gateway.Replicas;

/// <summary>A request that may be sent more than once.</summary>
internal interface IRepeatableRequest
{
    /// <summary>Restarts the context's request body.</summary>
    /// <returns>False if a part has been sent and not kept.</returns>
    bool TryRewind();
}
