using System.Globalization;

namespace MedMoE.Mesh.Drawing;

/// <summary>
/// The range of attention that the colours stand for, in multiples of a map's mean: what is up to <paramref name="From"/> has no colour, and from
/// <paramref name="To"/> on it has the full colour.
/// </summary>
public sealed record AttentionScale(float From, float To)
{
    // Attention of fresh weights hardly reaches twice the mean.
    private const float LeastTo = 5;

    /// <summary>From none to the map's own maximum.</summary>
    public static AttentionScale OfOne(float[] map) => new(0, MostOf(map));

    /// <summary>
    /// One scale for several maps, from the mean to the largest maximum, but to <see cref="LeastTo"/> at least, so that maps that are almost uniform
    /// stay pale.
    /// </summary>
    public static AttentionScale OfAll(IEnumerable<float[]> maps) => new(1, maps.Select(MostOf).Append(LeastTo).Max());

    /// <summary>The share of the full colour, 0 to 1, for a value that is so many times the mean.</summary>
    public float ShareOf(float multiple) => Math.Clamp((multiple - From) / (To - From), 0, 1);

    /// <summary>A multiple of the mean in about three digits.</summary>
    public static string Format(float multiple) => multiple.ToString(multiple < 100 ? "0.#" : "0", CultureInfo.InvariantCulture);

    /// <summary>The largest value as a multiple of the mean.</summary>
    public static float MostOf(float[] map) => map.Max() / map.Average();
}
