namespace MedMoE.Mesh.Wire.Transport;

/// <summary>A certificate, key or authority that cannot be used. The message names the file and nothing of its content.</summary>
public sealed class InvalidPemException(string path, string reason) : InvalidInputException($"{path}: {reason}");
