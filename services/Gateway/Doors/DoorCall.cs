using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>
/// A request at a door, the call that it stands for, and how messages of the one become messages of the other. The body of a request is one message;
/// if the method takes a stream, each line is one.
/// </summary>
internal abstract class DoorCall(HttpRequest request, MethodDescriptor method) : ITranslatedRequest
{
    public MethodDescriptor Method => method;

    /// <summary>Name of the protocol in the audit.</summary>
    public abstract string Protocol { get; }

    /// <summary>Metadata of the call besides what the request's own headers give.</summary>
    public IHeaderDictionary Metadata { get; } = new HeaderDictionary();

    /// <summary>Content type of the answer.</summary>
    public abstract string AnswerType { get; }

    /// <summary>The length of the body; a stream has none, however it was announced.</summary>
    public long? Length => method.IsClientStreaming ? null : request.ContentLength;

    protected HttpRequest Request => request;

    async ValueTask<byte[]> ITranslatedRequest.Translate(ReadOnlyMemory<byte> message)
    {
        try
        {
            return Framed(await Read(message));
        }
        catch (InvalidFieldException e)
        {
            throw e.ToRpcException();
        }
    }

    /// <summary>Reads the head of the request, not yet its body: the caller is not known yet.</summary>
    /// <exception cref="DoorException">The request is refused for it.</exception>
    public virtual void CheckHead()
    {
    }

    /// <summary>Reads a message of the request. It does not refer to <paramref name="message"/>.</summary>
    /// <exception cref="InvalidFieldException">It is invalid.</exception>
    public abstract ValueTask<IMessage> Read(ReadOnlyMemory<byte> message);

    /// <summary>The HTTP status of an answer, if the method answers with one message.</summary>
    public virtual int StatusOf(IMessage answer) => StatusCodes.Status200OK;

    /// <summary>Writes an answer; if the method answers with a stream, one of many.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="headers">Headers of the answer. Those of a stream are sent with its first message.</param>
    /// <param name="body">Takes the answer.</param>
    public abstract void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body);

    /// <summary>Writes the answer of a call that failed. It has nothing in it yet.</summary>
    public virtual void WriteFailure(Problem problem, HttpResponse response)
    {
        problem.WriteHead(response);
        problem.WriteBody(response.BodyWriter);
    }

    /// <summary>Writes the end of a stream that failed after its first message.</summary>
    public abstract void WriteEnd(Problem problem, IBufferWriter<byte> body);

    private static byte[] Framed(IMessage message)
    {
        var size = message.CalculateSize();
        var framed = new byte[MessagePrefix.Size + size];
        MessagePrefix.Write(framed, size);
        message.WriteTo(framed.AsSpan(MessagePrefix.Size));
        return framed;
    }
}
