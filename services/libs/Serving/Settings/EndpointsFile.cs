using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Reloading;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>
/// The file of <see cref="EndpointOptions.File"/> as configuration. It is read again at events of the file system, which come at once, and by
/// <see cref="FileReloads"/>, because a ConfigMap of Kubernetes is replaced by moving a link, without an event at the file. Content that cannot be
/// used is not taken.
/// </summary>
internal sealed class EndpointsFile : ConfigurationProvider, IConfigurationSource, IReloaded, IDisposable
{
    private readonly Lock _reloading = new();
    private readonly ReloadedFile<IDictionary<string, string?>> _file;
    private readonly PhysicalFileProvider _folder;
    private readonly IDisposable _events;

    /// <exception cref="InvalidSettingException">The file cannot be used now.</exception>
    public EndpointsFile(string path)
    {
        _file = new([path], () => Read(path));
        _folder = new PhysicalFileProvider(Path.GetDirectoryName(path)!);
        _events = ChangeToken.OnChange(() => _folder.Watch(Path.GetFileName(path)), () => Take(_file.TryReload));
    }

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load() => Data = _file.Value;

    public string? Reload() => Take(_file.Reload);

    public void Dispose()
    {
        _events.Dispose();
        _folder.Dispose();
    }

    private T Take<T>(Func<T> reload)
    {
        lock (_reloading)
        {
            var before = Data;
            var result = reload();
            Load();
            if (Data != before)
            {
                OnReload();
            }
            return result;
        }
    }

    private static Dictionary<string, string?> Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var content = new ConfigurationBuilder().AddJsonStream(file).Build();
            RenamedSettings.Refuse(content);
            content.GetSection(EndpointOptions.Section).Read<EndpointOptions>();
            return content.AsEnumerable().Where(setting => setting.Value is not null)
                .ToDictionary(setting => setting.Key, setting => setting.Value, StringComparer.OrdinalIgnoreCase);
        }
        catch (JsonException e)
        {
            throw new InvalidSettingException(path, $"not JSON: {JsonFault.Of(e)}");
        }
        catch (FormatException e)
        {
            throw new InvalidSettingException(path, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : "cannot be read");
        }
    }
}
