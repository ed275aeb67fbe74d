using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Calls backbone and expert directly.</summary>
internal static class Pyramids
{
    public static Task<PyramidLevel[]> Extract(GrpcChannel backbone, DataType type, Image? image = null, DateTime? deadline = null) =>
        Extract(backbone, new ExtractPyramidRequest { Image = image ?? Samples.Encoded(Samples.Files[0]), DataType = type }, deadline);

    public static async Task<PyramidLevel[]> Extract(GrpcChannel backbone, ExtractPyramidRequest request, DateTime? deadline = null)
    {
        using var call = new BackboneService.BackboneServiceClient(backbone).ExtractPyramid(request, deadline: deadline);
        return [.. (await call.ResponseStream.ReadAllAsync().ToListAsync()).Select(r => r.Level)];
    }

    public static Task<LocalizeResponse> Localize(
        GrpcChannel expert, IEnumerable<PyramidLevel> levels, DateTime deadline, LocalizeHeader? header = null, Metadata? headers = null) =>
        Send(
            expert,
            [
                new LocalizeRequest { Header = header ?? new LocalizeHeader() },
                .. levels.Select(level => new LocalizeRequest { Level = level }),
            ],
            deadline,
            headers);

    /// <summary>Sends messages until the expert ends the call.</summary>
    public static async Task<LocalizeResponse> Send(
        GrpcChannel expert, IEnumerable<LocalizeRequest> messages, DateTime deadline, Metadata? headers = null)
    {
        using var call = new ExpertService.ExpertServiceClient(expert).Localize(headers, deadline);
        try
        {
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message);
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
        {
            // The response has the status.
        }
        return await call;
    }
}
