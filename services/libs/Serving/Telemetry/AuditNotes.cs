using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>
/// What the router tells the gateway of a call for its audit, as trailers: the experts that were asked, the model, the images. Only where the gateway
/// asks for it; clients never get it.
/// </summary>
public sealed class AuditNotes
{
    /// <summary>Header of a call that is to be audited.</summary>
    public const string Header = "medmoe-audit";

    public const string Expert = "medmoe-audit-expert";
    public const string Model = "medmoe-audit-model";
    public const string Images = "medmoe-audit-images";

    /// <summary>SHA-256 of the image, where there was one; the gateway makes a keyed hash of it.</summary>
    public const string Image = "medmoe-audit-image";

    private static readonly AsyncLocal<AuditNotes?> _current = new();

    private readonly Lock _lock = new();
    private readonly SortedSet<string> _experts = new(StringComparer.Ordinal);
    private string? _model;
    private string? _image;
    private int _images;

    private AuditNotes() { }

    /// <summary>Of the call that runs now; null where it is not audited.</summary>
    public static AuditNotes? Current => _current.Value;

    /// <summary>Names of the trailers.</summary>
    public static IReadOnlyList<string> Trailers { get; } = [Expert, Model, Images, Image];

    /// <summary>An expert was asked, or its answer found in the cache.</summary>
    public void Asked(string expert, string model)
    {
        lock (_lock)
        {
            _experts.Add(expert);
            _model = model;
        }
    }

    /// <summary>An image was read.</summary>
    public void Saw(string imageHash)
    {
        lock (_lock)
        {
            _image = imageHash;
            _images++;
        }
    }

    private void WriteTo(Metadata trailers)
    {
        lock (_lock)
        {
            void Add(string name, string? value)
            {
                if (value is { Length: > 0 })
                {
                    trailers.Add(name, value);
                }
            }

            Add(Expert, string.Join(',', _experts));
            Add(Model, _model);
            Add(Images, _images == 0 ? null : _images.ToString(CultureInfo.InvariantCulture));
            Add(Image, _images == 1 ? _image : null);
        }
    }

    /// <summary>Collects the notes of calls.</summary>
    public sealed class Collector : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            Collect(context, () => continuation(request, context));

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            Collect(context, async () =>
            {
                await continuation(requestStream, responseStream, context);
                return true;
            });

        private static async Task<T> Collect<T>(ServerCallContext context, Func<Task<T>> call)
        {
            if (context.RequestHeaders.Get(Header) is null)
            {
                return await call();
            }
            var notes = new AuditNotes();
            _current.Value = notes;
            try
            {
                return await call();
            }
            finally
            {
                notes.WriteTo(context.ResponseTrailers);
            }
        }
    }
}
