using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Wire.Tests.Json;

public sealed class ProtoJsonTests
{
    private const int Rounds = 60;

    private static readonly JsonFormatter _google = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static TheoryData<string> Types => [.. RandomMessages.Types.Select(type => type.FullName)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_AnyMessage_MeansTheSameAsGoogles(string name)
    {
        var (type, random) = (Named(name), new RandomMessages(1));
        for (var i = 0; i < Rounds; i++)
        {
            var message = random.Next(type);
            using var ours = JsonDocument.Parse(Written(message, TensorFormat.Base64));
            using var googles = JsonDocument.Parse(_google.Format(message));
            Assert.True(JsonElement.DeepEquals(googles.RootElement, ours.RootElement), $"message {i} differs");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Read_WhatGoogleWrote_IsWhatGoogleReads(string name)
    {
        var (type, random) = (Named(name), new RandomMessages(2));
        // With and without fields that have their default, with either kind of name, and with spaces between.
        JsonFormatter[] formatters =
        [
            _google,
            JsonFormatter.Default,
            new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatEnumsAsIntegers(true).WithIndentation()),
        ];
        for (var i = 0; i < Rounds; i++)
        {
            var text = formatters[i % formatters.Length].Format(random.Next(type));
            AssertEqual(JsonParser.Default.Parse(text, type), Read(text, type), i);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_ThenRead_GivesTheMessage(string name)
    {
        var (type, random) = (Named(name), new RandomMessages(3));
        for (var i = 0; i < Rounds; i++)
        {
            var message = random.Next(type);
            var text = Written(message, TensorFormat.Base64);
            AssertEqual(message, ProtoJson.Read(text, type), i);
            AssertEqual(message, JsonParser.Default.Parse(Encoding.UTF8.GetString(text), type), i);
        }
    }

    [Theory]
    [InlineData(DataType.Fp32, "[0.1,-2.5,1E-40,\"NaN\",\"-Infinity\",3.4028235E+38]")]
    [InlineData(DataType.Fp16, "[0.099975586,-2.5,0,\"NaN\",\"-Infinity\",\"Infinity\"]")]
    [InlineData(DataType.Bf16, "[0.100097656,-2.5,9.1835E-41,\"NaN\",\"-Infinity\",\"Infinity\"]")]
    public void Values_OfEachType_AreNumbersThatGiveTheSameBytes(DataType type, string values)
    {
        float[] numbers = [0.1f, -2.5f, 1e-40f, float.NaN, float.NegativeInfinity, float.MaxValue];
        var tensor = WireTensors.FromSingles(numbers, type, 2, 3);
        var text = Written(tensor, TensorFormat.Values);
        using var json = JsonDocument.Parse(text);
        using var expected = JsonDocument.Parse(values);
        var written = json.RootElement.GetProperty("values");
        Assert.Equal(expected.RootElement.EnumerateArray().Select(v => v.ToString()), written.EnumerateArray().Select(v => v.ToString()));
        Assert.Equal(["dataType", "shape", "values"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(tensor, ProtoJson.Read(text, WireTensor.Descriptor));
    }

    [Fact]
    public void Values_WithoutType_AreFp32()
    {
        var tensor = (WireTensor)Read("""{"values": [1, "2", 2.5e0], "shape": [3], "data": ""}""", WireTensor.Descriptor);
        Assert.Equal([1, 2, 2.5f], WireTensors.ToSingles(tensor, "x", 3));
    }

    [Fact]
    public void Values_OfATensorThatHoldsNone_StayBytes()
    {
        var odd = new WireTensor { DataType = DataType.Fp32, Data = ByteString.CopyFrom(1, 2, 3) };
        var untyped = new WireTensor { Data = ByteString.CopyFrom(1, 2, 3, 4) };
        Assert.Contains("\"data\":\"AQID\"", Encoding.UTF8.GetString(Written(odd, TensorFormat.Values)));
        Assert.Contains("\"data\":\"AQIDBA==\"", Encoding.UTF8.GetString(Written(untyped, TensorFormat.Values)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+/8=")]
    [InlineData("+/8")]
    [InlineData("-_8=")]
    [InlineData("-_8")]
    [InlineData("+\\/8=")]
    [InlineData("\\u002b/8=")]
    [InlineData("+\\n/8=\\r\\n")]
    [InlineData("+w")]
    [InlineData("-w==")]
    [InlineData("AAECAwQFBgcICQoL+w")]
    public void Base64_OfEitherAlphabet_IsRead(string text)
    {
        var expected = text.Length == 0 ? [] : text.EndsWith('w') || text.StartsWith("-w") ? new byte[] { 0xFB } : [0xFB, 0xFF];
        var image = (Image)Read($$"""{"encoded": "{{text}}"}""", Image.Descriptor);
        Assert.Equal(expected, image.Encoded.ToByteArray()[^expected.Length..]);
        Assert.Equal(Image.SourceOneofCase.Encoded, image.SourceCase);
    }

    [Fact]
    public void Read_OddButValid_IsRead()
    {
        var kinds = (EveryKind)Read(
            "\uFEFF" + """
            { "an_int32": 2e3, "anInt64": "-9007199254740993", "aUint32": 4.0, "aUint64": 18446744073709551615, "aDouble": "1.5",
              "aFloat": "-Infinity",
              "aShade": -3, "shades": ["SHADE_BRIGHT", 9], "child": null, "strings": null, "aNumber": null, "aText": "\ud83e\udec1",
              "byBool": {"true": 1}, "otherwis\u0065": "n" }
            """,
            EveryKind.Descriptor);
        Assert.Equal(
            new EveryKind
            {
                AnInt32 = 2000,
                AnInt64 = -9007199254740993,
                AUint32 = 4,
                AUint64 = ulong.MaxValue,
                ADouble = 1.5,
                AFloat = float.NegativeInfinity,
                AShade = EveryKind.Types.Shade.Dark,
                Shades = { EveryKind.Types.Shade.Bright, (EveryKind.Types.Shade)9 },
                AText = "🫁",
                ByBool = { [true] = EveryKind.Types.Shade.Bright },
                Named = "n",
            },
            kinds);
    }

    [Fact]
    public void Read_LargeImage_AllocatesItOnce()
    {
        var image = new byte[8 << 20];
        new Random(1).NextBytes(image);
        var text = Encoding.UTF8.GetBytes($"{{\"image\": {{\"encoded\": \"{Convert.ToBase64String(image)}\"}}}}");
        ProtoJson.Read("""{"image": {"encoded": ""}}"""u8.ToArray(), AnalyzeRequest.Descriptor);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var request = (AnalyzeRequest)ProtoJson.Read(text, AnalyzeRequest.Descriptor);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(image, request.Image.Encoded.Span);
        Assert.InRange(allocated, image.Length, image.Length + (64 << 10));
    }

    [Fact]
    public void Write_LargeTensor_AsksForSmallBuffers()
    {
        var message = new LocalizeResponse { LocalFeatures = WireTensors.FromSingles(new float[2 << 20], DataType.Fp32, 2 << 20) };
        var buffer = new LargestRequest();
        ProtoJson.Write(message, buffer, TensorFormat.Base64);
        Assert.InRange(buffer.Largest, 1, 128 << 10);
        Assert.InRange(buffer.Written, (8 << 20) * 4 / 3, ((8 << 20) * 4 / 3) + 1000);
    }

    internal static byte[] Written(IMessage message, TensorFormat tensors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ProtoJson.Write(message, buffer, tensors);
        return buffer.WrittenSpan.ToArray();
    }

    internal static IMessage Read(string text, MessageDescriptor type) => ProtoJson.Read(Encoding.UTF8.GetBytes(text), type);

    /// <summary>Says which message it is; xunit would print both, and they may be large.</summary>
    private static void AssertEqual(IMessage expected, IMessage actual, int index) =>
        Assert.True(expected.Equals(actual), $"message {index} differs");

    private static MessageDescriptor Named(string name) => RandomMessages.Types.Single(type => type.FullName == name);

    /// <summary>A buffer that keeps nothing but the size of what it was asked for.</summary>
    private sealed class LargestRequest : IBufferWriter<byte>
    {
        private byte[] _bytes = new byte[4096];

        public int Largest { get; private set; }

        public long Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Largest = Math.Max(Largest, sizeHint);
            _bytes = sizeHint <= _bytes.Length ? _bytes : new byte[sizeHint];
            return _bytes;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
