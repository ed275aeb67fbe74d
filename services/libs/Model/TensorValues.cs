namespace MedMoE.Mesh.Model;

public static class TensorValues
{
    /// <summary>A tensor's values, row-major.</summary>
    public static float[] ToSingles(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return [.. tensor.to(ScalarType.Float32, CPU).flatten().contiguous().data<float>()];
    }
}
