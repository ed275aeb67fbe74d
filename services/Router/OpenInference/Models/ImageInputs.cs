using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Router.OpenInference.Tensors;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The two ways to send an image, of which a request takes one.</summary>
internal static class ImageInputs
{
    public static TensorSpec[] Of(BundleManifest manifest) =>
    [
        new(InferBatch.ImageInput, ElementType.Bytes, 1) { IsOptional = true },
        new(InferBatch.PixelsInput, ElementType.Fp32, 3, manifest.Image.Size, manifest.Image.Size)
        {
            IsOptional = true,
            OtherTypes = [ElementType.Fp16, ElementType.Bf16],
        },
    ];
}
