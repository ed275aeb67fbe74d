using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>A setting that should say where a service answers, and does not.</summary>
/// <param name="setting">Its name: "Endpoints:Services:backbone".</param>
/// <param name="text">What it says.</param>
public sealed class EndpointException(string setting, string text)
    : InvalidInputException($"{setting}: '{text}' is neither dns:///HOST:PORT nor HOST:PORT,HOST:PORT");
