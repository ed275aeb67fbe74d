using System.Buffers;
using System.Net.Mime;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.Json;

/// <summary>A call in JSON.</summary>
/// <param name="request">The request.</param>
/// <param name="method">The method that it stands for.</param>
/// <param name="tensors">How tensors of the answer are written.</param>
/// <param name="boundary">The boundary between the parts if the body is a form; null if it is JSON.</param>
internal sealed class JsonCall(HttpRequest request, MethodDescriptor method, TensorFormat tensors, string? boundary) : DoorCall(request, method)
{
    private readonly bool _hasBody = !HttpMethods.IsGet(request.Method);

    public override string Protocol => "json";

    public override string AnswerType => Method.IsServerStreaming ? JsonDoor.Lines : MediaTypeNames.Application.Json;

    public override async ValueTask<IMessage> Read(ReadOnlyMemory<byte> message) => boundary is not null
        ? await JsonForm.Read(message, boundary, Method.InputType)
        : _hasBody ? ProtoJson.Read(message, Method.InputType)
        : message.IsEmpty ? Method.InputType.Parser.ParseFrom([])
        : throw new InvalidFieldException(ProtoJson.Body, "expected none");

    public override void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body)
    {
        ProtoJson.Write(answer, body, tensors);
        if (Method.IsServerStreaming)
        {
            body.Write("\n"u8);
        }
    }

    public override void WriteEnd(Problem problem, IBufferWriter<byte> body)
    {
        body.Write("{\"problem\":"u8);
        problem.WriteBody(body);
        body.Write("}\n"u8);
    }
}
