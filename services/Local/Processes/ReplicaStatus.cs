namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// State of a replica, for the status table. <paramref name="Listening"/> is null unless it is healthy; number 0 is none at all.
/// </summary>
internal sealed record ReplicaStatus(string Service, int Number, int? Pid, Listening? Listening);
