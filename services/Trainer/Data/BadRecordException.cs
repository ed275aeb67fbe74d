namespace MedMoE.Mesh.Trainer.Data;

/// <summary>A record that is no study. It is skipped and counted, and never ends a run. The message repeats neither image nor report.</summary>
internal sealed class BadRecordException(string reason) : Exception(reason);
