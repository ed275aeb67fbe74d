namespace MedMoE.Mesh.Local.Processes;

/// <summary>State of a replica, for the status table.</summary>
/// <param name="Service">Name of the service.</param>
/// <param name="Number">Starts at 1.</param>
/// <param name="Pid">Process id; null while there is no process.</param>
/// <param name="Listening">Its addresses; null unless it is healthy.</param>
internal sealed record ReplicaStatus(string Service, int Number, int? Pid, Listening? Listening);
