using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>A setting of the section "Endpoints" that is invalid. It may appear while a service runs.</summary>
public sealed class EndpointException(string setting, string fault) : InvalidInputException($"{setting}: {fault}");
