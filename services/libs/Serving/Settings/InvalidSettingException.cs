using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>A setting that cannot be used.</summary>
/// <param name="section">Where it stands.</param>
/// <param name="reason">What is wrong with it.</param>
public sealed class InvalidSettingException(string section, string reason) : InvalidInputException($"{section}: {reason}");
