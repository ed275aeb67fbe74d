using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Hosting;

public sealed class InvalidSettingException(string section, string reason) : InvalidInputException($"{section}: {reason}");
