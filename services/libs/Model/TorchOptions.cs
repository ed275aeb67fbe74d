using System.Runtime.Intrinsics.X86;
using MedMoE.Mesh.Bundle;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model;

/// <summary>Precision of the networks' weights and products. What is small (maps, softmax over positions, similarities) stays float32.</summary>
public enum Precision
{
    /// <summary>bf16 where the device computes in it: a GPU, or a CPU with AVX512_BF16; else fp32.</summary>
    Auto,
    Fp32,
    Bf16,
    Fp16,
}

/// <summary>A device that does not exist.</summary>
public sealed class InvalidDeviceException(string reason) : InvalidInputException(reason);

/// <summary>Where and how precisely networks run.</summary>
/// <param name="Device">"cpu" (default), "cuda" or "cuda:N".</param>
/// <param name="Precision">Default fp32.</param>
public sealed record TorchOptions(string Device = "cpu", Precision Precision = Precision.Fp32)
{
    /// <summary>The type of weights and features that the options come to on this machine.</summary>
    public ScalarType ScalarType => Precision switch
    {
        Precision.Fp32 => ScalarType.Float32,
        Precision.Bf16 => ScalarType.BFloat16,
        Precision.Fp16 => ScalarType.Float16,
        Precision.Auto => Device != "cpu" || CpuComputesBf16() ? ScalarType.BFloat16 : ScalarType.Float32,
        _ => throw new InvalidOperationException($"unknown precision {Precision}"),
    };

    /// <summary>The same by name: "fp32", "bf16" or "fp16".</summary>
    public string PrecisionName => ScalarType switch
    {
        ScalarType.BFloat16 => "bf16",
        ScalarType.Float16 => "fp16",
        _ => "fp32",
    };

    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <param name="precision">"fp32", "bf16", "fp16" or "auto".</param>
    public static TorchOptions Parse(string device, string precision) => new(device, Enum.Parse<Precision>(precision, ignoreCase: true));

    /// <exception cref="InvalidDeviceException">Not a device, or one that is not there.</exception>
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
            throw new InvalidDeviceException($"device {Device}: no CUDA device here, or built without -p:Torch=cuda");
        }
        var index = Device == "cuda" ? 0 : int.Parse(Device.AsSpan(5), null);
        return index < cuda.device_count()
            ? device(DeviceType.CUDA, index)
            : throw new InvalidDeviceException($"device {Device}: there are {cuda.device_count()} CUDA devices");
    }

    /// <summary>Moves a network to the device and precision, for inference.</summary>
    public void Place(Module network)
    {
        network.eval();
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad = false;
        }
        network.to(ResolveDevice(), ScalarType);
    }

    // CPUID leaf 7, sub-leaf 1, EAX bit 5: AVX512_BF16.
    private static bool CpuComputesBf16() => X86Base.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
}
