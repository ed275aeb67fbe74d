using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Weights exchanged while a service runs.</summary>
public sealed class ModelWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly BundlePart _ct = BundlePart.Expert("ct");

    private readonly GoldenBundle _bundle = new(Architecture.Paper);
    private RunningMesh _mesh = null!;
    private RunningService _expert = null!;
    private RouterService.RouterServiceClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _mesh = await RunningMesh.Start(new MeshPlan());
        _expert = await RunningService.Start(ExpertApp.Create, _bundle.Root, "--Expert:Name=ct", "--Model:Watch=00:00:00.1");
        await _expert.Ready();
        var router = await _mesh.AddRouter($"Endpoints:Services:expert-ct={_expert.Address}", "Cache:MaxEntryBytes=0");
        _client = new RouterService.RouterServiceClient(router.Channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _expert.DisposeAsync();
        await _mesh.DisposeAsync();
        _bundle.Dispose();
    }

    [Fact]
    public async Task Weights_ChangedUnderLoad_NoCallFails_AndEveryAnswerIsOfOneModel()
    {
        var image = Samples.Encoded(Samples.Files[0]);
        var first = await Analyze(image);
        using var enough = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(async _ =>
        {
            var answers = new List<AnalyzeResponse>();
            while (!enough.IsCancellationRequested)
            {
                answers.Add(await Analyze(image));
            }
            return answers;
        }).ToArray();

        _bundle.Change(_ct, weight => 1.1f * weight);
        _bundle.SetVersion("2");
        await Patience.Until("the new weights", async () => (await Analyze(image)).Model.Digests["experts/ct"] != first.Model.Digests["experts/ct"]);
        var last = await Analyze(image);
        await enough.CancelAsync();

        Assert.NotEqual(first.ImageEmbedding.Data, last.ImageEmbedding.Data);
        var answers = (await Task.WhenAll(callers).WaitAsync(_patience)).SelectMany(all => all).ToArray();
        Assert.All(answers, answer => Assert.True(
            IsOf(answer, first) || IsOf(answer, last), answer.Model.Digests["experts/ct"]));
        Assert.Contains(answers, answer => IsOf(answer, last));

        static bool IsOf(AnalyzeResponse answer, AnalyzeResponse model) =>
            answer.Model.Digests["experts/ct"] == model.Model.Digests["experts/ct"] && IsNear(answer.ImageEmbedding, model.ImageEmbedding);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("NaN")]
    [InlineData("of another form")]
    [InlineData("no longer there")]
    public async Task Weights_ThatCannotBeUsed_AreRefusedInOneLine_AndThePresentOnesGoOn(string kind)
    {
        const string Refused = "the bundle has changed and cannot be used";
        _expert.ExpectError(Refused);
        var image = Samples.Encoded(Samples.Files[0]);
        var first = await Analyze(image);

        switch (kind)
        {
            case "truncated":
                _bundle.Truncate(_ct);
                break;
            case "NaN":
                _bundle.Change(_ct, _ => float.NaN);
                break;
            case "of another form":
                using (var other = new GoldenBundle(Architecture.Reference))
                {
                    File.Copy(ChangedBundle.WeightsOf(other, _ct), ChangedBundle.WeightsOf(_bundle, _ct), overwrite: true);
                    File.Copy(
                        Path.Combine(other.Root, ModelBundle.ManifestFile), Path.Combine(_bundle.Root, ModelBundle.ManifestFile), overwrite: true);
                }
                break;
            default:
                File.Delete(ChangedBundle.WeightsOf(_bundle, _ct));
                break;
        }

        await Patience.Until("the refusal", () => _expert.HasLoggedError(Refused));
        var after = await Analyze(image);
        Assert.Equal(first.Model, after.Model);
        Assert.True(IsNear(first.ImageEmbedding, after.ImageEmbedding));
    }

    /// <summary>
    /// By the memory of the process, because TorchSharp's count of tensors grows with every parameter that is loaded. Some KB of each load stay; of
    /// the weights, 71 KB here, they are a quarter.
    /// </summary>
    [Fact]
    public async Task Weights_ExchangedAgainAndAgain_DoNotStay()
    {
        const int Times = 400;
        var model = (IExchangedModel)_expert.Get<IServedModel>();
        await Exchange();
        var before = Resident();
        await Exchange();

        var weights = new FileInfo(ChangedBundle.WeightsOf(_bundle, _ct)).Length;
        Assert.InRange(Resident() - before, long.MinValue, Times * weights / 2);

        async Task Exchange()
        {
            for (var i = 0; i < Times; i++)
            {
                model.Exchange(_bundle.Root);
                if (i % 10 == 0)
                {
                    await model.WarmUp(TestContext.Current.CancellationToken);
                }
            }
        }

        static long Resident()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return Environment.WorkingSet;
        }
    }

    private async Task<AnalyzeResponse> Analyze(Image image) => await _client.AnalyzeAsync(
        new AnalyzeRequest { Image = image, Report = "mass", Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" } },
        deadline: DateTime.UtcNow + _patience);

    private static bool IsNear(WireTensor a, WireTensor b)
    {
        long[] shape = [.. a.Shape];
        return WireTensors.ToSingles(a, "", shape).Zip(WireTensors.ToSingles(b, "", shape)).All(pair => Math.Abs(pair.First - pair.Second) < 1e-5f);
    }
}
