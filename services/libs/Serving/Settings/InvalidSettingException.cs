using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Settings;

public sealed class InvalidSettingException(string message) : InvalidInputException(message)
{
    public InvalidSettingException(string setting, string reason)
        : this($"{setting}: {reason}")
    {
    }
}
