using Google.Protobuf;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Notes on an image, from the backbone to the caller.</summary>
public sealed class NotesTests
{
    private static readonly Image _dark = new() { Encoded = ByteString.CopyFrom(Golden.TwelveBitsInSixteen()) };

    private static DateTime Deadline => DateTime.UtcNow + TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Analyze_DarkImageOfSixteenBits_NotesItFromTheNetworksAndFromTheCache()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var runs = MetricSums.ModelRuns();
        var request = new AnalyzeRequest { Image = _dark, Report = Samples.Reports[0] };

        var first = await mesh.Client.AnalyzeAsync(request, deadline: Deadline);
        var second = await mesh.Client.AnalyzeAsync(request, deadline: Deadline);
        request.Report = "no focal consolidation";
        var ofTheKnownPyramid = await mesh.Client.AnalyzeAsync(request, deadline: Deadline);

        Assert.Equal(1, runs["backbone"]);
        Assert.Equal((true, true, false), (first.ExpertTiming is not null, second.ExpertTiming is null, ofTheKnownPyramid.ExpertTiming is null));
        Assert.Contains("sBIT", Assert.Single(first.Notes));
        Assert.Equal(first.Notes, second.Notes);
        Assert.Equal(first.Notes, ofTheKnownPyramid.Notes);
    }

    [Fact]
    public async Task Classify_SeveralExperts_NoteItOnce()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        ClassPrompts[] classes = [.. Samples.Reports.Select(report => new ClassPrompts { Name = report, Prompts = { report } })];

        var answer = await mesh.Client.ClassifyAsync(new ClassifyRequest { Image = _dark, Classes = { classes } }, deadline: Deadline);

        Assert.NotEqual(answer.Classes[0].Experts, answer.Classes[1].Experts);
        Assert.Contains("sBIT", Assert.Single(answer.Notes));
    }

    [Fact]
    public async Task EmbedImage_DarkImageOfSixteenBits_NotesIt()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());

        Assert.Contains(
            "sBIT", Assert.Single((await mesh.Client.EmbedImageAsync(new EmbedImageRequest { Image = _dark }, deadline: Deadline)).Notes));
    }

    [Fact]
    public async Task Analyze_OtherImages_NothingToNote()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        foreach (var image in new[] { Samples.Encoded("gray16_512x512.png"), Samples.Encoded(Samples.Files[0]), Samples.Fresh() })
        {
            Assert.Empty((await mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = image }, deadline: Deadline)).Notes);
        }
    }
}
