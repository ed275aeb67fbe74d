using System.Runtime.Intrinsics.X86;
using MedMoE.Mesh.Bundle;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model;

/// <summary>Precision of the networks' weights and products. Small tensors (maps, softmax over positions, similarities) stay float32.</summary>
public enum Precision
{
    /// <summary>bf16 on devices that support it (a GPU, or a CPU with AVX512_BF16), else fp32.</summary>
    Auto,
    Fp32,

    /// <summary>float32, but GPUs round the factors of products to TF32 (10 bits of mantissa); on a CPU the same as fp32.</summary>
    Tf32,
    Bf16,
    Fp16,
}

public sealed class InvalidDeviceException(string reason) : InvalidInputException(reason);

/// <summary>The device, "cpu", "cuda" or "cuda:N", and the precision of networks.</summary>
public sealed record TorchOptions(string Device = "cpu", Precision Precision = Precision.Fp32)
{
    /// <summary>The resulting type of weights and features on this machine.</summary>
    public ScalarType ScalarType => Precision switch
    {
        Precision.Fp32 or Precision.Tf32 => ScalarType.Float32,
        Precision.Bf16 => ScalarType.BFloat16,
        Precision.Fp16 => ScalarType.Float16,
        Precision.Auto => Device != "cpu" || CpuComputesBf16() ? ScalarType.BFloat16 : ScalarType.Float32,
        _ => throw new InvalidOperationException($"unknown precision {Precision}"),
    };

    /// <summary>"fp32", "tf32", "bf16" or "fp16".</summary>
    public string PrecisionName => ScalarType switch
    {
        ScalarType.BFloat16 => "bf16",
        ScalarType.Float16 => "fp16",
        _ => Precision == Precision.Tf32 ? "tf32" : "fp32",
    };

    public static TorchOptions Parse(string device, string precision) => new(device, Enum.Parse<Precision>(precision, ignoreCase: true));

    /// <exception cref="InvalidDeviceException">Not a device, or not present.</exception>
    public Device ResolveDevice()
    {
        if (Device == "cpu")
        {
            return CPU;
        }
        if (Device != "cuda" && !(Device.StartsWith("cuda:", StringComparison.Ordinal) && uint.TryParse(Device.AsSpan(5), out _)))
        {
            throw new InvalidDeviceException($"device {Device}: expected cpu, cuda or cuda:N");
        }
        if (!cuda.is_available())
        {
            throw new InvalidDeviceException($"device {Device}: no CUDA device found, or built without ./mesh --torch cuda");
        }
        var index = Device == "cuda" ? 0 : int.Parse(Device.AsSpan(5), null);
        return index < cuda.device_count()
            ? device(DeviceType.CUDA, index)
            : throw new InvalidDeviceException($"device {Device}: there are {cuda.device_count()} CUDA devices");
    }

    /// <summary>Moves a network to the device and precision, for inference, and sets the process's use of TF32.</summary>
    public void Place(Module network)
    {
        ChooseProducts();
        network.eval();
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad = false;
        }
        network.to(ResolveDevice(), ScalarType);
    }

    /// <summary>A batch on the device, in the networks' type. Two steps: in one step, libtorch would convert on the CPU.</summary>
    public Tensor Upload(Tensor batch) => batch.to(ResolveDevice()).to(ScalarType);

    /// <summary>
    /// Sets the float32 products of this process on GPUs. libtorch's default is TF32 for convolutions and float32 for matrices; here it is float32
    /// for both, unless TF32 is selected.
    /// </summary>
    public void ChooseProducts() =>
        (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (Precision == Precision.Tf32, Precision == Precision.Tf32);

    // CPUID leaf 7, sub-leaf 1, EAX bit 5: AVX512_BF16.
    private static bool CpuComputesBf16() => X86Base.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
}
