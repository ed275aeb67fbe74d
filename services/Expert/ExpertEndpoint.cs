using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>Submits each level to the model as it arrives, while the next one is still on its way.</summary>
internal sealed class ExpertEndpoint(ExpertModel model, IHostApplicationLifetime lifetime) : ExpertService.ExpertServiceBase
{
    public override async Task<LocalizeResponse> Localize(IAsyncStreamReader<LocalizeRequest> requestStream, ServerCallContext context)
    {
        using var call = new ExpertCall(model, context.DeadlineOrNone(), context.CancellationToken);
        var request = context.GetHttpContext().Request.BodyReader;
        async Task<bool> Next(CancellationToken cancellation)
        {
            // Checked before it is read: reading a message larger than any level would cost more than the whole call.
            call.RequireSize(await MessagePrefix.Peek(request, cancellation));
            return await requestStream.MoveNext(cancellation);
        }
        while (await call.AwaitMessage(token => NextMessage.Await(Next, lifetime.ApplicationStopping, token), context.CancellationToken))
        {
            switch (requestStream.Current.PartCase)
            {
                case LocalizeRequest.PartOneofCase.Header:
                    call.Begin(requestStream.Current.Header);
                    break;
                case LocalizeRequest.PartOneofCase.Level:
                    call.Add(requestStream.Current.Level);
                    break;
                default:
                    throw new InvalidFieldException("part", "is missing: a message holds the header or a level");
            }
        }
        return await call.Finish();
    }
}
