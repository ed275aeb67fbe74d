using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>An invalid configuration, fixture, report or address. The message says which, and why.</summary>
internal sealed class LoadException(string message) : InvalidInputException(message);
