using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Services.Tests.Router;

/// <summary>The router's calls other than Analyze.</summary>
public sealed class RouterCallsTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly ClassPrompts[] _classes =
    [
        new ClassPrompts { Name = "mass", Prompts = { "large mass in the right lung", "hyperintense lesion" } },
        new ClassPrompts { Name = "normal", Prompts = { "no focal consolidation" } },
        new ClassPrompts { Name = "heart", Prompts = { "cardiomegaly", "large mass in the right lung" } },
    ];

    [Fact]
    public async Task Classify_EachPromptByItsOwnGate_AndAsAnalyzeWouldSay()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var image = Samples.Encoded(Samples.Files[0]);

        var answer = await mesh.Client.ClassifyAsync(new ClassifyRequest { Image = image, Classes = { _classes } }, deadline: Deadline);

        Assert.Equal(1, answer.Classes.Sum(c => c.Probability), 1e-5);
        Assert.Equal(_classes.Select(c => c.Name), answer.Classes.Select(c => c.Name));
        var similarity = mesh.Files.Open().Manifest.Similarity;
        var logits = new List<double>();
        foreach (var (prompts, score) in _classes.Zip(answer.Classes))
        {
            var single = new List<AnalyzeResponse>();
            foreach (var prompt in prompts.Prompts)
            {
                single.Add(await mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = image, Report = prompt }, deadline: Deadline));
            }
            Assert.Equal(single.Select(s => s.Gate.Expert), score.Experts);
            var groundings = single.Select(s => s.Report.Grounding).ToArray();
            Assert.Equal(groundings.Average(g => g.GlobalSimilarity), score.GlobalSimilarity, 1e-5);
            Assert.Equal(groundings.Average(g => g.LocalSimilarity), score.LocalSimilarity, 1e-5);
            logits.Add(similarity.LogitScale * groundings.Average(g =>
                (g.GlobalSimilarity + ((g.LocalSimilarity - Math.Log(g.Words.Count)) / similarity.WordTemperature)) / 2));
        }
        var sum = logits.Sum(Math.Exp);
        Assert.All(logits.Zip(answer.Classes), pair => Assert.Equal(Math.Exp(pair.First) / sum, pair.Second.Probability, 1e-4));
        Assert.Contains("softmax", answer.Aggregation);
    }

    [Fact]
    public async Task AnyCall_PixelsThatOverflow_NamesTheImage()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        // Finite, but infinite once the network has squared them.
        var image = Samples.Pixels([.. Enumerable.Repeat(1e20f, 3 * 224 * 224)]);
        var gating = new Gating { Policy = GatingPolicy.Image };
        async Task AssertRefused<T>(AsyncUnaryCall<T> call)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
            Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
            Assert.StartsWith("image: its values are too large", e.Status.Detail);
            Assert.Equal("image", e.FieldFault()!.Field);
        }

        await AssertRefused(mesh.Client.EmbedImageAsync(new EmbedImageRequest { Image = image }, deadline: Deadline));
        await AssertRefused(mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = image }, deadline: Deadline));
        await AssertRefused(mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = image, Report = "mass" }, deadline: Deadline));
        await AssertRefused(mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = image, Report = "mass", Gating = gating }, deadline: Deadline));
        await AssertRefused(mesh.Client.ClassifyAsync(new ClassifyRequest { Image = image, Classes = { _classes } }, deadline: Deadline));
        await AssertRefused(
            mesh.Client.ClassifyAsync(new ClassifyRequest { Image = image, Classes = { _classes }, Gating = gating }, deadline: Deadline));
        using var stream = mesh.Client.AnalyzeStream(deadline: Deadline);
        await stream.RequestStream.WriteAsync(
            new AnalyzeStreamRequest { RequestId = "a", Request = new AnalyzeRequest { Image = image } }, TestContext.Current.CancellationToken);
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal((int)StatusCode.InvalidArgument, stream.ResponseStream.Current.Error.Code);
    }

    [Fact]
    public async Task Classify_ManyPrompts_MakesFeaturesOnceForEachExpert()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var runs = MetricSums.ModelRuns();
        var request = new ClassifyRequest { Image = Samples.Encoded(Samples.Files[0]), Classes = { _classes } };

        var answer = await mesh.Client.ClassifyAsync(request, deadline: Deadline);

        var experts = answer.Classes.SelectMany(c => c.Experts).Distinct().Count();
        // Four distinct prompts; each expert takes four levels, its texts, and the end of its state.
        Assert.Equal((1L, 4L), (runs["backbone"], runs["text"]));
        Assert.InRange(runs.Total - 5, experts * 5, experts * 6);
        runs.Reset();
        Assert.Equal(answer, await mesh.Client.ClassifyAsync(request, deadline: Deadline));
        Assert.InRange(runs.Total, 0, experts);
    }

    [Fact]
    public async Task Classify_OtherClasses_ChangeNoSimilarity()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var image = Samples.Encoded(Samples.Files[1]);
        var all = await mesh.Client.ClassifyAsync(new ClassifyRequest { Image = image, Classes = { _classes } }, deadline: Deadline);
        var two = await mesh.Client.ClassifyAsync(new ClassifyRequest { Image = image, Classes = { _classes[2], _classes[0] } }, deadline: Deadline);
        Assert.Equal(all.Classes[0].LocalSimilarity, two.Classes[1].LocalSimilarity, 1e-6);
        Assert.Equal(all.Classes[2].GlobalSimilarity, two.Classes[0].GlobalSimilarity, 1e-6);
        Assert.Equal(all.Classes[0].Probability / all.Classes[2].Probability, two.Classes[1].Probability / two.Classes[0].Probability, 1e-4);
        Assert.NotEqual(all.PromptSetDigest, two.PromptSetDigest);
        var again = await mesh.Client.ClassifyAsync(
            new ClassifyRequest { Image = Samples.Encoded(Samples.Files[0]), Classes = { _classes } }, deadline: Deadline);
        Assert.Equal(all.PromptSetDigest, again.PromptSetDigest);
    }

    [Fact]
    public async Task Classify_BadClasses_NamesTheField()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        async Task AssertRefused(ClassifyRequest request, string message)
        {
            request.Image = Samples.Encoded(Samples.Files[0]);
            var e = await Assert.ThrowsAsync<RpcException>(() => mesh.Client.ClassifyAsync(request, deadline: Deadline).ResponseAsync);
            Assert.Equal((StatusCode.InvalidArgument, message), (e.StatusCode, e.Status.Detail));
            Assert.Equal(message, e.FieldFault()!.Message);
        }
        var good = _classes[0];
        await AssertRefused(new ClassifyRequest { Classes = { good } }, "classes: has 1 classes, expected 2 to 256");
        await AssertRefused(
            new ClassifyRequest { Classes = { Enumerable.Range(0, 10_000).Select(i => new ClassPrompts { Name = $"{i}", Prompts = { "mass" } }) } },
            "classes: has 10000 classes, expected 2 to 256");
        await AssertRefused(new ClassifyRequest { Classes = { good, good } }, "classes[1].name: is empty or used twice");
        await AssertRefused(new ClassifyRequest { Classes = { good, new ClassPrompts { Name = "b" } } }, "classes[1].prompts: is empty");
        await AssertRefused(
            new ClassifyRequest { Classes = { good, new ClassPrompts { Name = "b", Prompts = { "mass", "\t" } } } },
            "classes[1].prompts[1]: no words in it");
    }

    [Fact]
    public async Task EmbedText_AndEmbedImage_AreWhatAnalyzeCompares()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var image = Samples.Encoded(Samples.Files[0]);
        var gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "mri" };
        var analysis = await mesh.Client.AnalyzeAsync(
            new AnalyzeRequest { Image = image, Report = Samples.Reports[1], Gating = gating }, deadline: Deadline);

        var text = await mesh.Client.EmbedTextAsync(new EmbedTextRequest { Texts = { Samples.Reports } }, deadline: Deadline);
        var embedded = await mesh.Client.EmbedImageAsync(new EmbedImageRequest { Image = image, Gating = gating }, deadline: Deadline);

        float[] v = WireTensors.ToSingles(embedded.Embedding, "", 64), t = WireTensors.ToSingles(text.Texts[1].Embedding, "", 64);
        Assert.Equal(System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(v, t), analysis.Report.Grounding.GlobalSimilarity, 1e-5);
        Assert.Equal(analysis.OtherGates.Single(g => g.Policy == GatingPolicy.Report), text.Texts[1].Gate);
        Assert.Equal(["backbone", "experts/mri", "gate"], embedded.Model.Digests.Keys.Order());
        Assert.Equal(["gate", "text"], text.Model.Digests.Keys.Order());
        var byImage = await mesh.Client.EmbedImageAsync(new EmbedImageRequest { Image = image }, deadline: Deadline);
        Assert.Equal(analysis.OtherGates.Single(g => g.Policy == GatingPolicy.Image), byImage.Gate);
    }

    [Fact]
    public async Task ListExperts_OneDown_SaysWhich()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await mesh.Experts["ct"].DisposeAsync();
        var answer = await mesh.Client.ListExpertsAsync(new ListExpertsRequest(), deadline: Deadline);
        Assert.Equal(mesh.Experts.Keys, answer.Experts.Select(e => e.Name));
        Assert.All(answer.Experts, e => Assert.Equal(e.Name != "ct", e.Available));
        Assert.Contains("CT", answer.Experts.Single(e => e.Name == "ct").DicomModalities);
    }

    [Fact]
    public async Task Expert_Down_IsNamedAndTheOthersAnswer()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await mesh.Experts["ct"].DisposeAsync();
        Task<EmbedImageResponse> Embed(string expert) => mesh.Client.EmbedImageAsync(
            new EmbedImageRequest
            {
                Image = Samples.Encoded(Samples.Files[0]),
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
            },
            deadline: Deadline).ResponseAsync;
        var e = await Assert.ThrowsAsync<RpcException>(() => Embed("ct"));
        Assert.Equal((StatusCode.Unavailable, "expert ct: no replica can be reached"), (e.StatusCode, e.Status.Detail));
        Assert.Equal("expert ct", e.Trailers.GetValue("medmoe-service"));
        Assert.Equal("mri", (await Embed("mri")).Gate.Expert);
    }

    [Theory]
    [InlineData("backbone")]
    [InlineData("text encoder")]
    public async Task BackboneOrTextEncoder_Down_IsNamed(string name)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await (name == "backbone" ? mesh.Backbone : mesh.TextEncoder).DisposeAsync();
        var e = await Assert.ThrowsAsync<RpcException>(() => mesh.Client.AnalyzeAsync(
            new AnalyzeRequest { Image = Samples.Fresh(), Report = "mass" }, deadline: Deadline).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, $"{name}: no replica can be reached"), (e.StatusCode, e.Status.Detail));
    }

    private static DateTime Deadline => DateTime.UtcNow + _patience;
}
