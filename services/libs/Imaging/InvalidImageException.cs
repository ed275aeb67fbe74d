using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Imaging;

/// <summary>Bytes that are no usable image.</summary>
public sealed class InvalidImageException(string reason) : InvalidInputException(reason);
