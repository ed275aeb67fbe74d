using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>
/// A bundle's experts for inference, each loaded when it is first asked for, so that one that is never picked costs nothing. Not thread-safe.
/// </summary>
/// <param name="bundle">The bundle.</param>
/// <param name="options">Device and precision.</param>
/// <param name="backbone">What feeds them.</param>
public sealed class LoadedExperts(ModelBundle bundle, TorchOptions options, SwinConfig backbone) : IDisposable
{
    private readonly Dictionary<string, ModalityExpert> _experts = [];

    /// <exception cref="BundleException">It cannot be used, or does not go with the backbone.</exception>
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

    /// <summary>One expert, placed and frozen.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="name">The expert.</param>
    /// <param name="options">Device and precision.</param>
    /// <param name="backbone">To hold its levels against; null where the backbone runs elsewhere.</param>
    /// <exception cref="BundleException">It cannot be used, or does not go with the backbone.</exception>
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
