namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// State of a replica, for the status table. <paramref name="Listening"/> is null unless it is healthy; number 0 is none at all.
/// </summary>
/// <param name="Service">Its name.</param>
/// <param name="Number">From 1.</param>
/// <param name="Pid">Null while no process runs.</param>
/// <param name="Listening">Its addresses.</param>
/// <param name="Version">The version of the model that it is of; null for one that all share.</param>
internal sealed record ReplicaStatus(string Service, int Number, int? Pid, Listening? Listening, string? Version = null);
