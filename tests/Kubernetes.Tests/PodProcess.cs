using System.Diagnostics;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A service's process with the environment of its pod; the pod's mounts are folders here.</summary>
/// <param name="overlay">What the pod is of.</param>
/// <param name="service">Its name.</param>
/// <param name="node">The folder that has its mounts.</param>
internal sealed class PodProcess(Overlay overlay, string service, string node)
{
    private readonly V1Container _container = overlay.Serving[service].Containers.Single();

    /// <summary>Values of variables that come from Secrets.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>Changes a value as it is in the overlay, for example a host name.</summary>
    public Func<string, string> Change { get; init; } = value => value;

    /// <summary>For <see cref="ServicesUnderTest.ServiceProcess"/>.</summary>
    public ProcessStartInfo Command(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        var known = new Dictionary<string, string>();
        foreach (var variable in _container.Env)
        {
            known[variable.Name] = variable.ValueFrom is null
                ? known.Aggregate(Here(Change(variable.Value)), (text, k) => text.Replace($"$({k.Key})", k.Value, StringComparison.Ordinal))
                : Secrets[variable.ValueFrom.SecretKeyRef.Key];
        }
        foreach (var (name, value) in known.Concat(overlay.SettingsOf(_container)))
        {
            start.Environment[name] = value;
        }
        return start;
    }

    /// <summary>The folder here that a Secret or a ConfigMap is mounted at.</summary>
    public string FolderOf(string source)
    {
        var volume = overlay.Serving[service].Volumes.Single(v => source == (v.Secret?.SecretName ?? v.ConfigMap?.Name)).Name;
        return $"{node}{_container.VolumeMounts.Single(m => m.Name == volume).MountPath}";
    }

    private string Here(string value) =>
        _container.VolumeMounts.Any(m => value.StartsWith($"{m.MountPath}/", StringComparison.Ordinal)) ? $"{node}{value}" : value;
}
