using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training.Tests;

/// <summary>Batches of pixels by formula and words by number: the same whenever they are asked for.</summary>
/// <param name="size">Pixels on a side.</param>
/// <param name="experts">Report types.</param>
/// <param name="perEpoch">Batches of an epoch.</param>
internal sealed class FormulaBatches(int size, int experts, int perEpoch) : IBatchSource
{
    private const int Pairs = 3;

    /// <summary>Epochs after which they come again; null for never.</summary>
    public int? Epochs { get; init; }

    public IEnumerable<TrainingBatch>? Validation { get; init; }

    public string Digest => $"{size}, {experts}, {perEpoch}, {Epochs}";

    public string? ValidationDigest => Validation is null ? null : "formula";

    public IEnumerable<TrainingBatch> Epoch(int epoch, int skip) =>
        Enumerable.Range(skip, Math.Max(0, perEpoch - skip))
            .Select(index => Batch(((Epochs is { } epochs ? epoch % epochs : epoch) * perEpoch) + index));

    private TrainingBatch Batch(int number) => new(
        [.. Enumerable.Range(0, Pairs).Select(row => Formula.Input($"pixels {number} {row}", 3, size, size))],
        [.. Enumerable.Range(0, Pairs).Select(row => Report(number, row))],
        [.. Enumerable.Range(0, Pairs).Select(row => (number + row) % experts)]);

    /// <summary>[CLS], two to five words of one piece each, [SEP].</summary>
    private static Tokens Report(int number, int row)
    {
        var words = 2 + ((number + row) % 4);
        return new Tokens(
            [2, .. Enumerable.Range(0, words).Select(word => 5 + (((number * 7) + (row * 11) + (word * 3)) % 40)), 3],
            [.. Enumerable.Range(0, words).Select(word => new Word(word * 2, (word * 2) + 1, word + 1, 1))]);
    }
}
