using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>The rpc: a level is handed to the model when it has come, while the next one is on its way.</summary>
internal sealed class ExpertEndpoint(ExpertModel model) : ExpertService.ExpertServiceBase
{
    public override async Task<LocalizeResponse> Localize(IAsyncStreamReader<LocalizeRequest> requestStream, ServerCallContext context)
    {
        using var call = model.Open(context.DeadlineOrNone(), context.CancellationToken);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            switch (request.PartCase)
            {
                case LocalizeRequest.PartOneofCase.Header:
                    call.Begin(request.Header);
                    break;
                case LocalizeRequest.PartOneofCase.Level:
                    call.Add(request.Level);
                    break;
                default:
                    throw new InvalidFieldException("part", "is missing: a message holds the header or a level");
            }
        }
        return await call.Finish();
    }
}
