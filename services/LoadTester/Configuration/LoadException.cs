using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>A configuration, a fixture, a report or an address cannot be used. The message says which, and why.</summary>
internal sealed class LoadException(string message) : InvalidInputException(message);
