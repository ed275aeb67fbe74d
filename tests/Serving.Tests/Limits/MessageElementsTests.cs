using System.Buffers;
using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.V1;
using DataType = MedMoE.Mesh.V1.DataType;
using InferInputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace MedMoE.Mesh.Serving.Tests.Limits;

/// <summary>The count of what a message holds, on messages that a client writes and on bytes that only an attacker does.</summary>
public sealed class MessageElementsTests
{
    private static readonly Dictionary<string, (byte[] Message, int Elements)> _ofBytes = new()
    {
        ["unknown numbers"] = ([0x98, 0x3f, 0x01, 0x98, 0x3f, 0x01, 0x98, 0x3f, 0x01], 3),
        ["unknown fixed numbers"] = ([0x99, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8, 0x9d, 0x3f, 1, 2, 3, 4], 2),
        ["unknown texts"] = ([0x9a, 0x3f, 0x01, 0x61, 0x9a, 0x3f, 0x00], 2),
        // The numbers in it are not those of the message around it: the field 5 of a request is a message.
        ["unknown group"] = ([0x9b, 0x3f, 0x2a, 0x02, 0x2a, 0x2a, 0x2a, 0x00, 0x9c, 0x3f, 0x2a, 0x00], 4),
        ["cut off within a message"] = ([0x2a, 0x00, 0x2a, 0x09, 0x0a, 0x00, 0x0a, 0x00], 4),
        ["cut off within a text"] = ([0x2a, 0x00, 0x3a, 0x09, 0x0a, 0x00], 2),
        ["cut off within a tag"] = ([0x2a, 0x00, 0x2a, 0x00, 0x98], 2),
        ["a group that only ends"] = ([0x2a, 0x00, 0x9c, 0x3f, 0x2a, 0x00], 1),
        ["a wire type that is none"] = ([0x2a, 0x00, 0x2a, 0x00, 0x2e, 0x2a, 0x00], 2),
        ["a negative length"] = ([0x2a, 0x00, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x3a, 0x00], 2),
        // The parser drops the bits after the 32nd.
        ["a length of 64 bits"] = ([0x2a, 0x00, 0x2a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x2a, 0x00], 3),
        ["a tag of 64 bits"] = ([0x2a, 0x00, 0xaa, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x02, 0x0a, 0x00], 3),
    };

    public static TheoryData<string> OfBytes => [.. _ofBytes.Keys];

    [Theory]
    [MemberData(nameof(OfBytes))]
    public void Exceed_OfBytes_CountsUntilTheyAreWrong(string name)
    {
        var (message, elements) = _ofBytes[name];
        AssertCounts(elements, message, new ModelInferRequest());
    }

    [Fact]
    public void Exceed_OfAMessage_CountsFieldsAndElements()
    {
        var tensor = new InferInputTensor
        {
            Name = "IMAGE",
            Shape = { 1, 300, 70000 },
            Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3 }, BytesContents = { ByteString.Empty, ByteString.CopyFrom(1) } },
        };
        // Itself, its name, three sides, the contents, and two texts in them.
        const int OfTensor = 8;
        var request = new ModelInferRequest { Inputs = { tensor, tensor }, RawInputContents = { ByteString.CopyFrom(new byte[1000]) } };
        // Itself, its key, its value, and what that is.
        request.Parameters.Add("timeout", new InferParameter { Int64Param = 5 });

        AssertCounts((2 * OfTensor) + 4 + 1, request.ToByteArray(), request);
    }

    /// <summary>A tensor's bytes, and a deep message.</summary>
    [Fact]
    public void Exceed_OfAnAnalysis_CountsMessagesWithinMessages() => AssertCounts(
        // The request, its image, that's pixels, their data type, one side, and their data.
        6,
        new AnalyzeStreamRequest
        {
            Request = new()
            {
                Image = new() { Pixels = new() { DataType = DataType.Fp32, Shape = { 4 }, Data = ByteString.CopyFrom(new byte[16]) } },
            },
        }.ToByteArray(),
        new AnalyzeStreamRequest());

    /// <summary>The count is the same however the bytes came.</summary>
    private static void AssertCounts(int elements, byte[] message, IMessage type)
    {
        foreach (var bytes in new[] { new ReadOnlySequence<byte>(message), InPieces(message) })
        {
            Assert.Equal(
                (true, false),
                (Exceed(bytes, elements - 1), Exceed(bytes, elements)));
        }

        bool Exceed(ReadOnlySequence<byte> bytes, int max) => MessageElements.Exceed(bytes, type.Descriptor, max);
    }

    private static ReadOnlySequence<byte> InPieces(byte[] message)
    {
        var first = new Piece(message.AsMemory(0, 1), null);
        var last = first;
        for (var i = 1; i < message.Length; i++)
        {
            last = new Piece(message.AsMemory(i, 1), last);
        }
        return new(first, 0, last, 1);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                (before.Next, RunningIndex) = (this, before.RunningIndex + before.Memory.Length);
            }
        }
    }
}
