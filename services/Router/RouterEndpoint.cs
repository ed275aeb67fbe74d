using Grpc.Core;
using MedMoE.Mesh.Router.Calls;

namespace MedMoE.Mesh.Router;

internal sealed class RouterEndpoint(
    Analyze analyze, AnalyzeStream stream, Classify classify, EmbedImage embedImage, EmbedText embedText, ListExperts listExperts)
    : RouterService.RouterServiceBase
{
    public override Task<AnalyzeResponse> Analyze(AnalyzeRequest request, ServerCallContext context) =>
        analyze.Run(request, context.CancellationToken);

    public override Task AnalyzeStream(
        IAsyncStreamReader<AnalyzeStreamRequest> requestStream, IServerStreamWriter<AnalyzeStreamResponse> responseStream,
        ServerCallContext context) =>
        stream.Run(requestStream, responseStream, context);

    public override Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context) =>
        classify.Run(request, context.CancellationToken);

    public override Task<EmbedImageResponse> EmbedImage(EmbedImageRequest request, ServerCallContext context) =>
        embedImage.Run(request, context.CancellationToken);

    public override Task<EmbedTextResponse> EmbedText(EmbedTextRequest request, ServerCallContext context) =>
        embedText.Run(request, context.CancellationToken);

    public override Task<ListExpertsResponse> ListExperts(ListExpertsRequest request, ServerCallContext context) =>
        listExperts.Run(context.CancellationToken);
}
