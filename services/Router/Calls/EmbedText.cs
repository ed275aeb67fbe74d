using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.Calls;

/// <summary>EmbedText: sentence embeddings, and the report gate's decision for each text.</summary>
internal sealed class EmbedText(TextSource texts, RouterGate gate)
{
    public async Task<EmbedTextResponse> Run(EmbedTextRequest request, CancellationToken cancellation)
    {
        if (request.Texts.Count == 0)
        {
            throw new InvalidFieldException("texts", "is empty");
        }
        var encoded = await texts.Encode([.. request.Texts.Select((text, i) => new NamedText(text, $"texts[{i}]"))], cancellation);
        return new EmbedTextResponse
        {
            Texts =
            {
                encoded.Texts.Select((text, i) => new TextEmbedding
                {
                    Embedding = text.Encoded.Sentence,
                    Truncated = text.Encoded.Truncated,
                    Gate = gate.ToProto(gate.ByReport(text.Encoded, $"texts[{i}]")),
                }),
            },
            Model = gate.Merge(encoded.Model),
        };
    }
}
