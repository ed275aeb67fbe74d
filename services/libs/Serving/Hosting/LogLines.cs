using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// A log line: time in UTC, level, service, message, and the id of the request that it is about. As text, or as JSON with the replica.
/// </summary>
internal sealed class LogLines(IOptions<ServingOptions> options, IHostEnvironment host) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "mesh";

    private static readonly JsonWriterOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _service = host.ApplicationName.Split('.')[^1];

    // A pod's name is its host name.
    private readonly string _replica = options.Value.Replica ?? Environment.MachineName;

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var time = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var level = entry.LogLevel.ToString().ToLowerInvariant();
        var message = entry.Formatter(entry.State, entry.Exception);
        if (options.Value.Log == LogFormat.Json)
        {
            using var line = new MemoryStream();
            using (var json = new Utf8JsonWriter(line, _json))
            {
                json.WriteStartObject();
                json.WriteString("time", time);
                json.WriteString("level", level);
                json.WriteString("service", _service);
                json.WriteString("replica", _replica);
                json.WriteString("message", message);
                if (RequestId.Current is { } id)
                {
                    json.WriteString("request", id);
                }
                if (entry.Exception is { } exception)
                {
                    json.WriteString("exception", exception.ToString());
                }
                json.WriteEndObject();
            }
            textWriter.WriteLine(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
            return;
        }
        textWriter.Write($"{time} {level} {_service}: {message}");
        textWriter.WriteLine(RequestId.Current is { } request ? $" request={request}" : "");
        if (entry.Exception is not null)
        {
            textWriter.WriteLine(entry.Exception);
        }
    }
}
