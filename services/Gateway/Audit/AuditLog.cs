using System.Security.Cryptography;
using System.Text;
using MedMoE.Mesh.Serving.Settings;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Core;
using Serilog.Debugging;

namespace MedMoE.Mesh.Gateway.Audit;

/// <summary>The audit's file or standard output. Lines are appended and never changed.</summary>
internal sealed partial class AuditLog : IDisposable
{
    private const int LeastKeyBytes = 32;
    private const string Line = "{Line:l}\n";

    private readonly Logger? _lines;
    private readonly byte[] _key;

    /// <exception cref="InvalidSettingException">The file cannot be written, or the secret cannot be used.</exception>
    public AuditLog(IOptions<AuditOptions> options, ILogger<AuditLog> logger)
    {
        var audit = options.Value;
        IsOn = audit.File is not null;
        _key = audit.HashKey is { } path ? Read(path) : RandomNumberGenerator.GetBytes(LeastKeyBytes);
        if (audit.File is null or AuditOptions.StandardOutput)
        {
            return;
        }
        RequireWritable(audit.File);
        // A disk that is full, for example.
        SelfLog.Enable(reason => LogLost(logger, reason.Split('\n')[0]));
        _lines = new LoggerConfiguration().WriteTo.File(
            audit.File, outputTemplate: Line, fileSizeLimitBytes: audit.MaxFileBytes, rollOnFileSizeLimit: true,
            retainedFileCountLimit: audit.MaxFiles, encoding: new UTF8Encoding(false), hooks: new OwnersFile()).CreateLogger();
    }

    public bool IsOn { get; }

    public void Write(ReadOnlySpan<byte> json)
    {
        var line = Encoding.UTF8.GetString(json);
        if (_lines is not null)
        {
            _lines.Information(Line, line);
        }
        else
        {
            Console.Out.WriteLine(line);
        }
    }

    /// <summary>HMAC-SHA-256 of an image's hash, in hex.</summary>
    public string KeyedHashOf(string imageHash) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(imageHash)));

    public void Dispose() => _lines?.Dispose();

    private static byte[] Read(string path)
    {
        try
        {
            var key = File.ReadAllBytes(path);
            return key.Length >= LeastKeyBytes ? key : throw new InvalidSettingException(
                $"{AuditOptions.Section}:{nameof(AuditOptions.HashKey)}", $"{path} has {key.Length} bytes, fewer than {LeastKeyBytes}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException($"{AuditOptions.Section}:{nameof(AuditOptions.HashKey)}", $"{path} cannot be read");
        }
    }

    private static void RequireWritable(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException($"{AuditOptions.Section}:{nameof(AuditOptions.File)}", $"{path} cannot be written");
        }
    }

    [LoggerMessage(LogLevel.Error, "audit lines are lost: {Reason}")]
    private static partial void LogLost(Microsoft.Extensions.Logging.ILogger logger, string reason);

    /// <summary>Who may call whom is not everybody's business.</summary>
    private sealed class OwnersFile : Serilog.Sinks.File.FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
            return underlyingStream;
        }
    }
}
