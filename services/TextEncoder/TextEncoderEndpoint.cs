using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.TextEncoder;

/// <summary>Tokenizes on the caller's thread and encodes in batches on the model's thread.</summary>
internal sealed class TextEncoderEndpoint(TextModel model) : TextEncoderService.TextEncoderServiceBase
{
    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        if (request.Texts.Count == 0 || request.Texts.Count > model.MaxTexts)
        {
            throw new InvalidFieldException("texts", $"has {request.Texts.Count} texts, expected 1 to {model.MaxTexts}");
        }
        var type = WireTensors.Require(request.DataType, "data_type", absent: DataType.Fp32);
        Tokens[] tokens = [.. request.Texts.Select((text, i) => Tokenize(text, i))];
        var features = await Task.WhenAll(model.Batcher.SubmitAll(tokens, context.DeadlineOrNone(), context.CancellationToken));
        var slowest = features.MaxBy(f => f.Queued + f.Model)!;
        return new EncodeResponse
        {
            Texts = { request.Texts.Select((text, i) => Answer(text, tokens[i], features[i].Value, type, $"texts[{i}]")) },
            Model = slowest.Value.Model,
            Timing = slowest.ToTiming(),
        };
    }

    private Tokens Tokenize(string text, int index)
    {
        var tokens = model.Tokenize(text);
        return tokens.Words.Count > 0 ? tokens : throw new InvalidFieldException($"texts[{index}]", "no words in it");
    }

    private static EncodedText Answer(string text, Tokens tokens, TextFeatures features, DataType type, string field)
    {
        NetworkOutput.RequireFinite(features.Sentence, field);
        var words = WireTensors.FromSingles(features.Words, type, tokens.Words.Count, features.Sentence.Length);
        NetworkOutput.RequireFinite(words, field);
        return new EncodedText
        {
            Words = { tokens.Words.Select(w => new V1.Word { Text = text[w.Start..w.End], Start = w.Start, End = w.End }) },
            TokenCount = tokens.Ids.Count,
            Truncated = tokens.Truncated,
            UnknownWords = tokens.UnknownWords,
            Sentence = WireTensors.FromSingles(features.Sentence, DataType.Fp32, features.Sentence.Length),
            WordEmbeddings = words,
        };
    }
}
