using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Serving.Access;

/// <summary>An entry of a list of callers: a name, the digest of its key or the subject of its certificate, rights, and limits of its own.</summary>
public sealed record CallerEntry(
    string Name, IReadOnlyList<string> Rights, string? Sha256 = null, string? Certificate = null, int? CallsPerSecond = null, int? MaxCalls = null,
    long? MaxBytes = null, int Weight = 1, string Priority = CallerShare.Normal)
{
    internal KnownCaller ToCaller(string? proof, Func<string, CallerListException> fault)
    {
        if (CallsPerSecond < 1 || MaxCalls < 1 || MaxBytes < 1 || Weight is < 1 or > 1000)
        {
            throw fault("calls_per_second, max_calls and max_bytes are 1 or more, weight 1 to 1000");
        }
        var rights = Wire.Catalog.Rights.None;
        foreach (var name in Rights)
        {
            rights |= CallerRights.Named(name) ?? throw fault($"\"{name}\" is not a right: {CallerRights.Listed}");
        }
        return new KnownCaller(Name, rights, proof)
        {
            CallsPerSecond = CallsPerSecond,
            MaxCalls = MaxCalls,
            MaxBytes = MaxBytes,
            Weight = Weight,
            IsSheddable = Priority switch
            {
                CallerShare.Normal => false,
                CallerShare.Sheddable => true,
                _ => throw fault($"priority is not {CallerShare.Normal} or {CallerShare.Sheddable}"),
            },
        };
    }
}

/// <summary>The file of a list of callers: <c>{"callers": [{"name": "pacs", "sha256": "…", "rights": ["infer"]}]}</c>.</summary>
public static class CallerFile
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        AllowDuplicateProperties = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Its entries, which may still be wrong.</summary>
    /// <exception cref="CallerListException">The file cannot be read.</exception>
    public static IReadOnlyList<CallerEntry> Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), _json)?.Callers ?? throw new CallerListException(path, "JSON: null");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CallerListException(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : "cannot be read");
        }
        catch (JsonException e)
        {
            // The exception's own message may quote a digest.
            throw new CallerListException(path, $"not a list of callers: line {e.LineNumber + 1}{(e.Path is null ? "" : $", {e.Path}")}");
        }
    }

    /// <summary>Replaces the file at once, so that a gateway reads the old list or the new one. A new file is its owner's alone.</summary>
    /// <exception cref="CallerListException">An entry is wrong; nothing has changed.</exception>
    /// <exception cref="IOException">It cannot be written; nothing has changed.</exception>
    public static void Write(string path, IReadOnlyList<CallerEntry> callers)
    {
        CallerList.Of(path, callers);
        var fresh = $"{path}.new";
        File.WriteAllBytes(fresh, [.. JsonSerializer.SerializeToUtf8Bytes(new Content(callers), _json), (byte)'\n']);
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(
                    fresh, File.Exists(path) ? File.GetUnixFileMode(path) : UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
            File.Move(fresh, path, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
        }
    }

    private sealed record Content(IReadOnlyList<CallerEntry> Callers);
}
