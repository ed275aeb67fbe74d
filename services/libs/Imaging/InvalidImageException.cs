using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Imaging;

public sealed class InvalidImageException(string reason) : InvalidInputException(reason);
