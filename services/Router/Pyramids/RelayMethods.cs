using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>The backbone's and the expert's methods with relayed messages as raw bytes.</summary>
internal static class RelayMethods
{
    public static Method<ExtractPyramidRequest, RelayMessage> ExtractPyramid { get; } = new(
        MethodType.ServerStreaming, BackboneService.Descriptor.FullName, nameof(BackboneService.BackboneServiceBase.ExtractPyramid),
        Messages<ExtractPyramidRequest>(ExtractPyramidRequest.Parser), Bytes());

    public static Method<RelayMessage, LocalizeResponse> Localize { get; } = new(
        MethodType.ClientStreaming, ExpertService.Descriptor.FullName, nameof(ExpertService.ExpertServiceBase.Localize),
        Bytes(), Messages<LocalizeResponse>(LocalizeResponse.Parser));

    private static Marshaller<RelayMessage> Bytes() => new(
        (message, context) =>
        {
            context.SetPayloadLength(message.Bytes.Length);
            context.GetBufferWriter().Write(message.Bytes.Span);
            context.Complete();
        },
        context => new RelayMessage(context.PayloadAsNewBuffer()));

    private static Marshaller<T> Messages<T>(MessageParser<T> parser)
        where T : class, IMessage<T> => new(
        (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
