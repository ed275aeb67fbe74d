using System.IO.Pipelines;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>
/// The gRPC answer to a call of a door: takes it apart into messages, which the door translates. Messages of a stream are sent as they come; a single
/// answer when the call has succeeded (<see cref="Send"/>). What is held for it counts among the bytes of the call.
/// </summary>
internal sealed class DoorAnswer : AnswerBody, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IHttpResetFeature
{
    private static readonly string[] _passedOn = [RequestId.Header, VersionHeader.Name];

    private readonly HttpContext _outer;
    private readonly DoorCall _door;
    private readonly RequestBytes _bytes;
    private readonly byte[] _prefix = new byte[MessagePrefix.Size];
    private readonly PipeWriter _writer;
    private OpenCall? _call;
    private int _inPrefix;
    private byte[] _message = [];
    private int _length;
    private bool _isWhole;

    public DoorAnswer(HttpContext outer, DoorCall door, RequestBytes bytes)
    {
        (_outer, _door, _bytes, Head) = (outer, door, bytes, new AnswerHead(outer.Response));
        _writer = PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public AnswerHead Head { get; }

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => _writer;

    /// <summary>Tells whom the answer's bytes are counted for.</summary>
    public void BelongsTo(OpenCall call) => _call = call;

    /// <exception cref="RpcException">The answer is over a limit; the call has been ended.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Head.Start();
        while (!buffer.IsEmpty)
        {
            buffer = buffer[Take(buffer.Span)..];
            if (_isWhole && _door.Method.IsServerStreaming)
            {
                await Translate();
            }
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Head.Start();

    /// <summary>Sends the answer of a call without a stream of answers.</summary>
    public async Task Send()
    {
        if (_isWhole)
        {
            await Translate();
        }
    }

    /// <summary>Ends the response, when the call has ended; a call that failed is told.</summary>
    public async Task End(HttpResponse answer)
    {
        await Head.Start();
        var (response, aborted) = (_outer.Response, _outer.RequestAborted);
        if (aborted.IsCancellationRequested || (response.HasStarted && answer.Status() == StatusCode.OK))
        {
            return;
        }
        if (answer.Status() == StatusCode.OK && _door.Method.IsServerStreaming)
        {
            Start();
            return;
        }
        var problem = Problem.Of(answer) with { Request = answer.Headers[RequestId.Header] };
        if (response.HasStarted)
        {
            _door.WriteEnd(problem, response.BodyWriter);
        }
        else
        {
            response.Clear();
            PassOn();
            _door.WriteFailure(problem, response);
        }
        await response.BodyWriter.FlushAsync(aborted);
    }

    public void Reset(int errorCode) => _outer.Abort();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => Head.Start();

    Task IHttpResponseBodyFeature.CompleteAsync() => Head.Start();

    void IHttpResponseBodyFeature.DisableBuffering()
    {
    }

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private int Take(ReadOnlySpan<byte> bytes)
    {
        if (_inPrefix < MessagePrefix.Size)
        {
            var some = Math.Min(MessagePrefix.Size - _inPrefix, bytes.Length);
            bytes[..some].CopyTo(_prefix.AsSpan(_inPrefix));
            _inPrefix += some;
            if (_inPrefix == MessagePrefix.Size)
            {
                var length = MessagePrefix.LengthOf(_prefix) - MessagePrefix.Size;
                // The message, and what is read from it.
                Hold(2 * length);
                (_message, _length, _isWhole) = (new byte[length], 0, length == 0);
            }
            return some;
        }
        var taken = Math.Min(_message.Length - _length, bytes.Length);
        bytes[..taken].CopyTo(_message.AsSpan(_length));
        _length += taken;
        _isWhole = _length == _message.Length;
        return taken;
    }

    private void Hold(long more)
    {
        if (_bytes.TryTake(_call!, more, mayGiveWay: false) is { } full)
        {
            _call!.End(full);
            throw new RpcException(new Status(full.Code, full.Message));
        }
    }

    private async Task Translate()
    {
        var held = 2L * _message.Length;
        var message = _door.Method.OutputType.Parser.ParseFrom(_message);
        (_message, _inPrefix, _isWhole) = ([], 0, false);
        var text = new CountedBuffer(_call!, _bytes);
        if (!_outer.Response.HasStarted)
        {
            _outer.Response.StatusCode = _door.StatusOf(message);
            Start();
        }
        _door.Write(message, _outer.Response.HasStarted ? new HeaderDictionary() : _outer.Response.Headers, text);
        if (!_door.Method.IsServerStreaming)
        {
            _outer.Response.ContentLength = text.Written.Length;
        }
        _call!.WriteBegins();
        await _outer.Response.BodyWriter.WriteAsync(text.Written, _call.Ended);
        _call.WriteEnds();
        _bytes.GiveBack(_call, held + text.Capacity);
    }

    private void Start()
    {
        _outer.Response.ContentType = _door.AnswerType;
        PassOn();
    }

    private void PassOn()
    {
        foreach (var name in _passedOn)
        {
            if (Head.Headers.TryGetValue(name, out var value))
            {
                _outer.Response.Headers[name] = value;
            }
        }
    }
}
