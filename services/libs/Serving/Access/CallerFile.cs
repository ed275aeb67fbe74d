using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedMoE.Mesh.Bundle;
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
    // EEXIST, and ERROR_FILE_EXISTS as an HRESULT.
    private const int FileExists = 17;
    private const int WindowsFileExists = unchecked((int)0x80070050);

    /// <summary>How long a change of another process may take.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

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
            throw new CallerListException(path, $"not a list of callers: {JsonFault.WithoutText(e)}");
        }
    }

    /// <summary>
    /// Replaces the file, which may be missing, at once: a gateway reads the old list or the new one. Changes made at the same time wait for each
    /// other. A new file is its owner's alone.
    /// </summary>
    /// <exception cref="CallerListException">The file or an entry is wrong; nothing has changed.</exception>
    /// <exception cref="IOException">It cannot be written; nothing has changed.</exception>
    public static void Change(string path, Func<IReadOnlyList<CallerEntry>, IReadOnlyList<CallerEntry>> change)
    {
        var fresh = $"{path}.new";
        using var file = Create(fresh);
        try
        {
            if (File.Exists(path) && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(path));
            }
            var callers = change(File.Exists(path) ? Read(path) : []);
            CallerList.Of(path, callers);
            JsonSerializer.Serialize(file, new Content(callers), _json);
            file.Write("\n"u8);
            file.Flush();
            File.Move(fresh, path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }

    /// <summary>Creates a file that must not be there: whoever made it is changing the list.</summary>
    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, options);
            }
            catch (IOException e) when (e.HResult is FileExists or WindowsFileExists)
            {
                if (waited.Elapsed > _patience)
                {
                    throw new CallerListException(path, "somebody changes the list, or was interrupted; if nobody does, delete this file");
                }
                Thread.Sleep(10);
            }
        }
    }

    private sealed record Content(IReadOnlyList<CallerEntry> Callers);
}
