using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Entries;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Texts;

/// <summary>Encoded texts, from the cache or the text encoder.</summary>
internal sealed class TextSource(MeshChannels channels, FeatureCache cache, KnownModels models, IOptions<RouterOptions> options)
{
    private readonly SingleFlight<KnownTexts> _flights = new();

    /// <summary>Whether no text encoder can be reached now: a text that is not cached will fail, so other work for its request is useless.</summary>
    public bool IsAway => channels.IsAway(MeshService.TextEncoder);

    /// <summary>Encodes texts. Completes synchronously if all of them are in the process's cache.</summary>
    /// <exception cref="InvalidFieldException">A text has no words.</exception>
    /// <exception cref="RpcException">The text encoder is unreachable or refuses the request.</exception>
    public async Task<KnownTexts> Encode(IReadOnlyList<NamedText> texts, CancellationToken cancellation)
    {
        if (texts.Count > options.Value.MaxTexts)
        {
            throw new InvalidFieldException(texts[options.Value.MaxTexts].Field, $"is over the limit of {options.Value.MaxTexts} texts");
        }
        if (texts.FirstOrDefault(t => string.IsNullOrWhiteSpace(t.Text)) is { } blank)
        {
            throw new InvalidFieldException(blank.Field, "no words in it");
        }
        var model = await models.Of(MeshService.TextEncoder, cancellation);
        string[] keys = [.. texts.Select(t => TextEntry.Key(t.Text, model))];
        var entries = Array.ConvertAll(keys, key => cache.Peek(TextEntry.Kind, key));
        if (entries.All(e => e is not null))
        {
            return new KnownTexts([.. keys.Zip(entries, (key, entry) => new KnownText(key, entry!))], model, Timing: null);
        }
        try
        {
            return await _flights.Run(EntryKey.Of(keys), stop => Find(texts, keys, model, stop), cancellation);
        }
        catch (FaultyTextException e)
        {
            // Translated here and not in the flight: other requests with the same texts have them in other fields.
            throw new InvalidFieldException(texts[e.Index].Field, e.Reason);
        }
    }

    private async Task<KnownTexts> Find(IReadOnlyList<NamedText> texts, string[] keys, ModelInfo model, CancellationToken stop)
    {
        var entries = await Task.WhenAll(keys.Select(key => cache.Get(TextEntry.Kind, key)));
        int[] missing = [.. Enumerable.Range(0, keys.Length).Where(i => entries[i] is null).DistinctBy(i => keys[i])];
        if (missing.Length == 0)
        {
            return new KnownTexts([.. keys.Zip(entries, (key, entry) => new KnownText(key, entry!))], model, Timing: null);
        }
        var started = Stopwatch.GetTimestamp();
        var response = await Ask([.. missing.Select(i => texts[i].Text)], missing, stop);
        var cost = Stopwatch.GetElapsedTime(started) / missing.Length;
        models.Update(MeshService.TextEncoder, response.Model);
        var made = new Dictionary<string, KnownText>();
        foreach (var (index, encoded) in missing.Zip(response.Texts))
        {
            // Reports are patient data: the cache stores the words' positions in the text, not the words.
            foreach (var word in encoded.Words)
            {
                word.Text = "";
            }
            var key = TextEntry.Key(texts[index].Text, response.Model);
            cache.Set(TextEntry.Kind, key, encoded, cost);
            made.Add(keys[index], new KnownText(key, encoded));
        }
        return new KnownTexts(
            [.. keys.Zip(entries, (key, entry) => entry is null ? made[key] : new KnownText(key, entry))], response.Model, response.Timing);
    }

    private async Task<EncodeResponse> Ask(string[] texts, int[] indices, CancellationToken stop)
    {
        try
        {
            var call = new CallOptions(deadline: DateTime.UtcNow + options.Value.Timeout, cancellationToken: stop);
            return await Attempts.OnceMore(
                MeshService.TextEncoder,
                () => new TextEncoderService.TextEncoderServiceClient(channels.Of(MeshService.TextEncoder))
                    .EncodeAsync(new EncodeRequest { Texts = { texts } }, call).ResponseAsync);
        }
        catch (RpcException e) when (e.FieldFault() is { } fault && IndexOf(fault.Field, texts.Length) is >= 0 and var at)
        {
            throw new FaultyTextException(indices[at], fault.Reason);
        }
    }

    private static int IndexOf(string field, int texts) => Enumerable.Range(0, texts).FirstOrDefault(i => field == $"texts[{i}]", -1);

    /// <summary>A text that the encoder refuses, by its index in the request.</summary>
    private sealed class FaultyTextException(int index, string reason) : Exception
    {
        public int Index => index;

        public string Reason => reason;
    }
}
