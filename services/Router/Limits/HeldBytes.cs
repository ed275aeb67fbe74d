using MedMoE.Mesh.Router.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Limits;

/// <summary>Limits the bytes of requests and answers. Streams have a limit of their own, so that they cannot block other calls.</summary>
internal sealed class HeldBytes(IOptions<RouterOptions> options)
{
    /// <summary>Retry delay for refused callers.</summary>
    public static TimeSpan RetryAfter { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>For calls with one message.</summary>
    public ByteBudget Calls { get; } = new(options.Value.MaxBytes / 2);

    /// <summary>For streams.</summary>
    public ByteBudget Streams { get; } = new(options.Value.MaxBytes / 2);
}
