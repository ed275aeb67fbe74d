using System.Buffers;
using Google.Protobuf;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Services.Tests.Router;

/// <summary>Compares the size that the cache counts for an entry with the allocations for reading it.</summary>
public sealed class EntryKindsTests
{
    private const int Words = 20;

    private static readonly ModelInfo _model = new()
    {
        ModelVersion = "1.0.0",
        Digests = { ["experts/ct"] = new string('a', 64) },
        Precisions = { ["experts/ct"] = "fp32" },
    };

    [Fact]
    public void Text_IsCountedWithItsObjects() => AssertCounted(TextEntry.Kind, new EncodedText
    {
        Words = { Enumerable.Range(0, Words).Select(i => new Word { Start = 6 * i, End = (6 * i) + 5 }) },
        Sentence = Floats(96),
        WordEmbeddings = Floats(Words, 96),
    });

    [Fact]
    public void Answer_IsCountedWithItsObjects() => AssertCounted(AnswerEntry.Kind, new LocalizeResponse
    {
        Expert = "ct",
        GridSide = 28,
        Model = _model,
        ImageEmbedding = Floats(96),
        Texts =
        {
            new TextGrounding
            {
                GlobalSimilarity = 0.5f,
                LocalSimilarity = 0.5f,
                Words = { Enumerable.Range(1, Words).Select(i => new WordGrounding { Similarity = i, PeakRow = i, PeakColumn = i }) },
            },
        },
    });

    [Fact]
    public void Pooled_IsCountedWithItsObjects() => AssertCounted(PyramidEntry.Pooled, Floats(256));

    [Fact]
    public void Pyramid_IsCountedOnce()
    {
        (int Side, int Channels)[] shapes = [(28, 32), (14, 64), (7, 128), (4, 256)];
        RelayMessage[] pyramid = [.. shapes.Select((shape, level) => new RelayMessage(new ExtractPyramidResponse
        {
            Level = new PyramidLevel
            {
                Level = level,
                LevelCount = 4,
                Features = Floats(shape.Side, shape.Side, shape.Channels),
                Pooled = level == 3 ? Floats(256) : null,
                Model = level == 3 ? _model : null,
            },
        }.ToByteArray()))];
        // A level read from Redis keeps only its bytes.
        Assert.InRange(PyramidEntry.Levels.Overhead(pyramid), 1, PyramidEntry.Levels.Size(pyramid) / 50);
    }

    private static WireTensor Floats(params long[] shape) =>
        WireTensors.FromSingles(new float[shape.Aggregate(1L, (product, side) => product * side)], DataType.Fp16, shape);

    private static void AssertCounted<T>(EntryKind<T> kind, T value)
        where T : class
    {
        var bytes = new ArrayBufferWriter<byte>();
        kind.Write(value, bytes);
        var memory = bytes.WrittenMemory;
        kind.Read(memory);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var read = kind.Read(memory);

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var counted = kind.Size(read) + kind.Overhead(read);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind.Name}: {kind.Size(read)} bytes written, {counted} counted, {allocated} allocated");
        Assert.InRange(counted, 0.8 * allocated, 1.6 * allocated);
    }
}
