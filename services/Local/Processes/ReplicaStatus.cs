namespace MedMoE.Mesh.Local.Processes;

/// <summary>A replica for people to see.</summary>
/// <param name="Service">Its service's name.</param>
/// <param name="Number">1 is the first.</param>
/// <param name="Pid">Its process; null while there is none.</param>
/// <param name="Listening">Where it listens; null unless it is healthy.</param>
internal sealed record ReplicaStatus(string Service, int Number, int? Pid, Listening? Listening);
