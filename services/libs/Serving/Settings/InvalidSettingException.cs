using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Settings;

public sealed class InvalidSettingException(string section, string reason) : InvalidInputException($"{section}: {reason}");
