using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>An expert's answer. It is shared and must not be changed. The timing is null if it came from the cache.</summary>
internal sealed record Answer(LocalizeResponse Response, ModelInfo Backbone, Timing? Timing = null);

/// <summary>Experts' answers, from the cache or from the expert. Levels of the pyramid are relayed to the expert as they arrive.</summary>
internal sealed class AnswerSource(
    MeshChannels channels, FeatureCache cache, KnownModels models, PyramidSource pyramids, ExpertMetrics metrics, WakingExperts waking,
    IOptions<RouterOptions> options)
{
    private readonly SingleFlight<Answer> _flights = new();

    /// <exception cref="RpcException">The expert or the backbone cannot be reached, is full, or refuses the image.</exception>
    public async Task<Answer> Ask(
        string expert, PyramidSource.Reader pyramid, IReadOnlyList<KnownText> texts, AnswerShape shape, CancellationToken cancellation)
    {
        metrics.Asked(expert);
        var service = MeshService.ExpertNamed(expert);
        var backbone = await models.Of(MeshService.Backbone, cancellation);
        if (!models.Knows(service))
        {
            await waking.UntilAwake(service, cancellation);
        }
        var model = await models.Of(service, cancellation);
        AuditNotes.Current?.Asked(expert, model.ModelVersion);
        string Key(ModelInfo backboneModel, ModelInfo expertModel) =>
            AnswerEntry.Key(pyramids.Key(pyramid.Image, backboneModel), expertModel, texts.Select(t => t.Key), shape);
        var key = Key(backbone, model);
        if (cache.Peek(AnswerEntry.Kind, key) is { } known)
        {
            return new Answer(known, backbone);
        }
        return await _flights.Run(key, async stop =>
        {
            if (await cache.Get(AnswerEntry.Kind, key) is { } stored)
            {
                return new Answer(stored, backbone);
            }
            // Other requests may have joined this single flight, and still need the pyramid when the request that started it has ended.
            using var shared = pyramid.Share();
            await waking.UntilAwake(service, stop);
            var started = Stopwatch.GetTimestamp();
            Answer answer;
            try
            {
                answer = await Call();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                if (!await waking.HasGone(service, stop))
                {
                    throw;
                }
                await waking.UntilAwake(service, stop);
                started = Stopwatch.GetTimestamp();
                answer = await Call();
            }
            models.Update(service, answer.Response.Model);
            cache.Set(AnswerEntry.Kind, Key(answer.Backbone, answer.Response.Model), answer.Response, Stopwatch.GetElapsedTime(started));
            return answer;

            Task<Answer> Call()
            {
                var deadline = DateTime.UtcNow + options.Value.Timeout;
                return Attempts.OnceMore(service, () => Localize(service, shared, texts, shape, deadline, stop));
            }
        }, cancellation);
    }

    private async Task<Answer> Localize(
        MeshService service, PyramidSource.Reader reader, IReadOnlyList<KnownText> texts, AnswerShape shape, DateTime deadline,
        CancellationToken stop)
    {
        if (channels.IsAway(service))
        {
            // Fail early: the backbone would work for nothing.
            throw new RpcException(new Status(StatusCode.Unavailable, "not connected"));
        }
        var pyramid = reader.Start();
        // Open the call only when the first level exists: an expert limits its open calls.
        await pyramid.Level(0).WaitAsync(stop);
        using var call = channels.Of(service).AsyncClientStreamingCall(
            RelayMethods.Localize, host: null, new CallOptions(deadline: deadline, cancellationToken: stop));
        var goesOn = await TryWrite(call, Header(texts, shape));
        for (var level = 0; goesOn && level < Pyramid.Levels; level++)
        {
            goesOn = await TryWrite(call, await pyramid.Level(level).WaitAsync(stop));
        }
        if (goesOn)
        {
            await call.RequestStream.CompleteAsync();
        }
        var response = await Answered(call);
        // The timing belongs to this run and must not be cached with the answer.
        var timing = response.Timing;
        response.Timing = null;
        return new Answer(response, (await pyramid.Summary).Model, timing);
    }

    /// <summary>Returns the answer. Errors of the expert's fields are translated to fields of the router's request.</summary>
    private static async Task<LocalizeResponse> Answered(AsyncClientStreamingCall<RelayMessage, LocalizeResponse> call)
    {
        try
        {
            return await call.ResponseAsync;
        }
        catch (RpcException e) when (e.FieldFault() is { } fault)
        {
            throw fault.Field == "header.texts" ? new InvalidFieldException("texts", fault.Reason)
                : fault.Field.StartsWith("level.", StringComparison.Ordinal)
                    ? new InvalidFieldException("image", $"its {fault.Field["level.".Length..]}: {fault.Reason}")
                : fault;
        }
    }

    /// <summary>Returns false if the expert has ended the call or the connection is closed; the call's status gives the reason.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: the expert stopped before it accepted the call.</exception>
    private static async Task<bool> TryWrite(AsyncClientStreamingCall<RelayMessage, LocalizeResponse> call, RelayMessage message)
    {
        try
        {
            await call.RequestStream.WriteAsync(message);
            return true;
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
        {
            return false;
        }
        catch (HttpRequestException e)
        {
            // .NET would now retry the call by itself, but without the messages already written, so do not wait for its status.
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message, e));
        }
    }

    private static RelayMessage Header(IReadOnlyList<KnownText> texts, AnswerShape shape) => new(new LocalizeRequest
    {
        Header = new LocalizeHeader
        {
            Texts = { texts.Select(t => new TextQuery { Sentence = t.Encoded.Sentence, WordEmbeddings = t.Encoded.WordEmbeddings }) },
            ReturnAttention = shape.Attention,
            ReturnLocalFeatures = shape.LocalFeatures,
            DataType = shape.Type,
        },
    }.ToByteArray());
}
