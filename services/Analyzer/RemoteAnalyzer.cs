using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.Model.Analysis;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using GatingPolicy = MedMoE.Mesh.Bundle.Gating.GatingPolicy;
using WordGrounding = MedMoE.Mesh.Model.Analysis.WordGrounding;

namespace MedMoE.Mesh.Analyzer;

/// <summary>Like <see cref="ImageAnalyzer"/>, but calls a mesh: HOST:PORT of its gateway or router.</summary>
/// <param name="server">HOST:PORT.</param>
/// <param name="connection">How to connect to it.</param>
/// <param name="imagePath">Where the image is from, for messages.</param>
internal sealed class RemoteAnalyzer(string server, Connection connection, string imagePath)
{
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(2);

    /// <exception cref="InvalidRequestException">The mesh is unreachable or refuses the request.</exception>
    public async Task<ImageAnalysis> Analyze(byte[] image, string? report, GatingPolicy policy, string? named, bool withAttention)
    {
        using var channel = connection.Open(await connection.Reach(server, _connectTimeout));
        var request = new AnalyzeRequest
        {
            Image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap(image) },
            Report = report ?? "",
            Gating = new V1.Gating { Policy = Enum.Parse<V1.GatingPolicy>(policy.ToString()), Expert = named ?? "" },
            ReturnAttention = withAttention,
        };
        var router = new RouterService.RouterServiceClient(connection.Calls(channel));
        using var call = router.AnalyzeAsync(request, deadline: DateTime.UtcNow + _timeout);
        try
        {
            return Read(await call);
        }
        catch (RpcException e) when (e.Status.Detail.Contains("HTTP/2", StringComparison.Ordinal))
        {
            throw new InvalidRequestException(
                $"{server}: no gRPC there; it may want TLS (--tls, --authority), or be the port for metrics: give the gRPC port of the gateway");
        }
        catch (RpcException e)
        {
            var fault = e.StatusCode == StatusCode.InvalidArgument ? OfOption(e.Status.Detail) : $"{server}: {e.StatusCode}: {e.Status.Detail}";
            throw new InvalidRequestException(fault + e.RequestOf(call.ResponseHeadersAsync));
        }
    }

    /// <summary>A fault of a field of the request, as one of the option that the field is from.</summary>
    private string OfOption(string fault) => fault.Split(": ", 2) is [var field, var reason]
        ? field.Split('.')[0] switch
        {
            "image" => $"{imagePath}: {reason}",
            "report" => $"--report: {reason}",
            "gating" => $"--policy: {reason}",
            _ => fault,
        }
        : fault;

    private static ImageAnalysis Read(AnalyzeResponse response) => new(
        response.Model.ModelVersion,
        response.Model.Notice.Length > 0 ? response.Model.Notice : null,
        response.Model.Digests,
        Read(response.Gate, [.. response.OtherGates.Select(other => Read(other, []))]),
        WireTensors.ToSingles(response.ImageEmbedding, "image_embedding", -1),
        response.GridSide,
        response.Report is null ? null : Read(response.Report, response.GridSide),
        response.Notes);

    private static GateReading Read(V1.GateDecision gate, IReadOnlyList<GateReading> others) =>
        new(Enum.Parse<GatingPolicy>(gate.Policy.ToString()), gate.Expert, gate.Probabilities, others);

    private static Model.Analysis.TextGrounding Read(AnalyzedText text, int side)
    {
        var area = side * side;
        var attention = text.Grounding.Attention is { } maps ? WireTensors.ToSingles(maps, "attention", text.Words.Count, side, side) : [];
        return new Model.Analysis.TextGrounding(
            text.Grounding.GlobalSimilarity,
            text.Grounding.LocalSimilarity,
            text.Truncated,
            text.UnknownWords,
            [.. text.Words.Zip(text.Grounding.Words, (word, found) => (word, found)).Select((w, i) => new WordGrounding(
                w.word.Text, w.word.Start, w.word.End, w.found.Similarity, [w.found.PeakRow, w.found.PeakColumn],
                attention.Length > 0 ? attention[(i * area)..((i + 1) * area)] : []))]);
    }
}
