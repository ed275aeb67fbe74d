using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>A setting, such as "Endpoints:Services:backbone", that is not a valid service address.</summary>
public sealed class EndpointException(string setting, string text)
    : InvalidInputException($"{setting}: '{text}' is neither dns:///HOST:PORT nor HOST:PORT,HOST:PORT");
