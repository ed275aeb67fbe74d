using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Pyramids;

namespace MedMoE.Mesh.Router.Calls;

internal sealed class EmbedImage(PyramidSource pyramids, AnswerSource answers, RouterGate gate)
{
    public async Task<EmbedImageResponse> Run(EmbedImageRequest request, CancellationToken cancellation)
    {
        var image = ImageContent.Of(request.Image);
        gate.Resolve(request.Gating, hasText: false, out var decision);
        using var pyramid = pyramids.Open(image);
        decision ??= gate.ByImage((await pyramids.Summary(pyramid, cancellation)).Pooled);
        var answer = await answers.Ask(gate.NameOf(decision), pyramid, [], new AnswerShape(), cancellation);
        return new EmbedImageResponse
        {
            Gate = gate.ToProto(decision),
            Model = gate.Merge(answer.Backbone, answer.Response.Model),
            Embedding = answer.Response.ImageEmbedding,
            Notes = { answer.Response.Notes },
        };
    }
}
