using MedMoE.Mesh.Router.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Limits;

/// <summary>Bytes of requests and answers that the router holds. Streams cannot take those of other calls.</summary>
internal sealed class HeldBytes(IOptions<RouterOptions> options)
{
    /// <summary>What a refused caller is told to wait.</summary>
    public static TimeSpan RetryAfter { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Of calls with one message.</summary>
    public ByteBudget Calls { get; } = new(options.Value.MaxBytes / 2);

    /// <summary>Of streams.</summary>
    public ByteBudget Streams { get; } = new(options.Value.MaxBytes / 2);
}
