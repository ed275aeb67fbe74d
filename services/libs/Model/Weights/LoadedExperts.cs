using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>A bundle's experts for inference, each loaded on first use. Not thread-safe.</summary>
public sealed class LoadedExperts(ModelBundle bundle, TorchOptions options, SwinConfig backbone) : IDisposable
{
    private readonly Dictionary<string, ModalityExpert> _experts = [];

    /// <exception cref="BundleException">It cannot be used, or does not fit the backbone.</exception>
    public ModalityExpert this[string name]
    {
        get
        {
            if (!_experts.TryGetValue(name, out var expert))
            {
                _experts.Add(name, expert = Load(bundle, name, options, backbone));
            }
            return expert;
        }
    }

    /// <summary>One expert on the device, ready for inference; a null backbone, which runs elsewhere, is not compared with it.</summary>
    /// <exception cref="BundleException">It cannot be used, or does not fit the backbone.</exception>
    public static ModalityExpert Load(ModelBundle bundle, string name, TorchOptions options, SwinConfig? backbone = null)
    {
        var expert = BundleNetworks.LoadExpert(bundle, name);
        if (backbone is not null)
        {
            BundleNetworks.RequireSameLevels(bundle, name, expert.Shape, backbone);
        }
        options.Place(expert);
        expert.Freeze();
        return expert;
    }

    public void Dispose()
    {
        foreach (var expert in _experts.Values)
        {
            expert.Dispose();
        }
    }
}
