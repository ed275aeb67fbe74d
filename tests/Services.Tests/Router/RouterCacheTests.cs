using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class RouterCacheTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // Longer timeout than in production, because the machine may be busy.
    private const string PatientWithRedis = "Cache:RedisTimeout=00:00:05";

    private static readonly AnalyzeRequest _request = new()
    {
        Image = Samples.Encoded(Samples.Files[0]),
        Report = Samples.Reports[0],
        Phrases = { "right lung" },
    };

    [Fact]
    public async Task Analyze_SecondTime_RunsNoNetwork()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var runs = MetricSums.ModelRuns();
        var first = await Analyze(mesh.Client, _request);
        AssertOneRun(runs, texts: 2);
        runs.Reset();

        var second = await Analyze(mesh.Client, _request);

        Assert.InRange(runs.Total, 0, 1); // the end of the first call's state at most
        Assert.Equal((0L, 0L), (runs["backbone"], runs["text"]));
        Assert.NotNull(first.BackboneTiming);
        Assert.Equal((null, null, null), (second.BackboneTiming, second.TextTiming, second.ExpertTiming));
        (first.BackboneTiming, first.TextTiming, first.ExpertTiming) = (null, null, null);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Analyze_FiftyAtOnce_RunEachNetworkOnce()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var runs = MetricSums.ModelRuns();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Analyze(mesh.Client, _request)));

        AssertOneRun(runs, texts: 2);
        Assert.All(answers, a => Assert.Equal(answers[0].Report, a.Report));
    }

    [Fact]
    public async Task Classify_WithoutACache_RunsTheBackboneOnce()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = ["Cache:MemoryBytes=0"] });
        using var runs = MetricSums.ModelRuns();
        // The image gate reads the pooled feature, then two experts read the pyramid.
        var answer = await mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = _request.Image }, deadline: DateTime.UtcNow + _patience);
        Assert.Equal((1L, GatingPolicy.Image), (runs["backbone"], answer.Gate.Policy));
        Assert.NotNull(answer.BackboneTiming);
        await mesh.Client.ClassifyAsync(
            new ClassifyRequest
            {
                Image = _request.Image,
                Classes =
                {
                    new ClassPrompts { Name = "a", Prompts = { Samples.Reports[0] } },
                    new ClassPrompts { Name = "b", Prompts = { Samples.Reports[1] } },
                },
            },
            deadline: DateTime.UtcNow + _patience);
        Assert.Equal(2, runs["backbone"]);
    }

    [Fact]
    public async Task Analyze_OtherReportOfTheSameImage_RunsNoBackbone()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var runs = MetricSums.ModelRuns();
        await Analyze(mesh.Client, _request);

        var other = _request.Clone();
        other.Report = "no focal consolidation";
        await Analyze(mesh.Client, other);

        Assert.Equal((1L, 3L), (runs["backbone"], runs["text"]));
    }

    [Fact]
    public async Task Analyze_AskedForMoreThanBefore_GetsIt()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var request = _request.Clone();
        Assert.Null((await Analyze(mesh.Client, request)).Report.Grounding.Attention);
        request.ReturnAttention = true;
        Assert.Equal(DataType.Fp32, (await Analyze(mesh.Client, request)).Report.Grounding.Attention.DataType);
        request.DataType = DataType.Fp16;
        Assert.Equal(DataType.Fp16, (await Analyze(mesh.Client, request)).Report.Grounding.Attention.DataType);
        Assert.Null((await Analyze(mesh.Client, request)).LocalFeatures);
        request.ReturnLocalFeatures = true;
        Assert.NotNull((await Analyze(mesh.Client, request)).LocalFeatures);
    }

    [Fact]
    public async Task Analyze_FirstCallerGoes_OthersGetTheirAnswer()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var gone = new CancellationTokenSource();
        var first = mesh.Client.AnalyzeAsync(_request, cancellationToken: gone.Token).ResponseAsync;
        var others = Enumerable.Range(0, 5).Select(_ => Analyze(mesh.Client, _request)).ToArray();
        gone.Cancel();

        Assert.All(await Task.WhenAll(others), answer => Assert.NotNull(answer.Report));
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => first);
    }

    [Fact]
    public async Task Analyze_SecondRouter_GetsTheFirstOnesWorkFromRedis()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = [$"Cache:Redis={redis.Address}", PatientWithRedis] });
        var answered = await Analyze(mesh.Client, _request);
        // Stopping writes pending entries.
        await mesh.Router.DisposeAsync();
        using var runs = MetricSums.ModelRuns();
        var second = await mesh.AddRouter($"Cache:Redis={redis.Address}", PatientWithRedis);

        var answer = await Analyze(new RouterService.RouterServiceClient(second.Channel), _request);

        Assert.Equal(0, runs.Total);
        Assert.Equal(answered.Report, answer.Report);
        Assert.Equal(answered.ImageEmbedding, answer.ImageEmbedding);
        Assert.Equal(answered.OtherGates, answer.OtherGates);
    }

    [Fact]
    public async Task Redis_HoldsNoReport()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = [$"Cache:Redis={redis.Address}", PatientWithRedis] });
        await Analyze(mesh.Client, _request);
        await mesh.Router.DisposeAsync();

        using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(redis.Address);
        var database = connection.GetDatabase();
        var keys = connection.GetServers()[0].Keys().ToArray();
        // Two texts, pooled feature, pyramid, answer.
        Assert.Equal(5, keys.Length);
        foreach (var key in keys)
        {
            var entry = (byte[])(await database.StringGetAsync(key))!;
            foreach (var word in Samples.Reports[0].Split(' ').Where(w => w.Length > 4))
            {
                Assert.DoesNotContain(word, System.Text.Encoding.Latin1.GetString(entry));
                Assert.DoesNotContain(word, key.ToString());
            }
        }
    }

    [Fact]
    public async Task Redis_DownSlowOrEmptied_FailsNoRequestAndHeals()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan
        {
            // Nothing is kept in memory: every request asks Redis.
            Router = [$"Cache:Redis={redis.Address}", "Cache:MemoryBytes=0", "Cache:RedisPause=00:00:00.1"],
        });
        using var failures = new MetricSums("medmoe.cache.redis.failures");
        using var hits = new MetricSums("medmoe.cache.hits");
        await AnalyzeUntilCounted(mesh, hits);

        redis.Freeze();
        await AnalyzeUntilCounted(mesh, failures);
        redis.Thaw();
        await AnalyzeUntilCounted(mesh, hits);

        redis.Kill();
        await AnalyzeUntilCounted(mesh, failures);

        // It restarts empty.
        await redis.Restart();
        await AnalyzeUntilCounted(mesh, hits);
    }

    [Theory]
    [InlineData("rubbish")]
    [InlineData("a flipped bit")]
    [InlineData("another key's entry")]
    public async Task Redis_HoldsWhatWasNotWritten_ItIsMadeAnewAndMended(string instead)
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = [$"Cache:Redis={redis.Address}", PatientWithRedis] });
        var answered = await Analyze(mesh.Client, _request);
        await mesh.Router.DisposeAsync();
        await Damage(redis.Address, instead);

        var second = await mesh.AddRouter($"Cache:Redis={redis.Address}", PatientWithRedis);
        var answer = await Analyze(new RouterService.RouterServiceClient(second.Channel), _request);
        await second.DisposeAsync();
        Assert.Equal(answered.Report, answer.Report);
        Assert.Equal(answered.OtherGates, answer.OtherGates);

        using var runs = MetricSums.ModelRuns();
        var third = await mesh.AddRouter($"Cache:Redis={redis.Address}", PatientWithRedis);
        Assert.Equal(answered.Report, (await Analyze(new RouterService.RouterServiceClient(third.Channel), _request)).Report);
        Assert.Equal(0, runs.Total);
    }

    private static async Task Damage(string redis, string instead)
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(redis);
        var database = connection.GetDatabase();
        // Sorted by kind, so that the next key's entry is mostly of the same kind.
        var keys = connection.GetServers()[0].Keys().OrderBy(key => key.ToString()).ToArray();
        var entries = keys.Select(key => (byte[])database.StringGet(key)!).ToArray();
        for (var i = 0; i < keys.Length; i++)
        {
            var entry = instead switch
            {
                // The header of an entry, and then four empty levels or an empty message.
                "rubbish" => [2, 0, 0, 0, 0, .. keys[i].ToString().Contains("pyramid", StringComparison.Ordinal) ? new byte[16] : []],
                "a flipped bit" => EntryDamageTests.Flip(entries[i], (long)entries[i].Length * 4),
                _ => entries[(i + 1) % keys.Length],
            };
            await database.StringSetAsync(keys[i], entry);
        }
    }

    [Fact]
    public async Task Redis_NeverThere_FailsNoRequest()
    {
        // An unused port: the discard service's.
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = ["Cache:Redis=127.0.0.1:9"] });
        Assert.NotNull(await Analyze(mesh.Client, _request));
        Assert.NotNull(await Analyze(mesh.Client, _request));
    }

    /// <summary>
    /// Calls, successfully, until something has been counted: entries are written to Redis in the background, and after a failure Redis is not used
    /// for a while.
    /// </summary>
    private static async Task AnalyzeUntilCounted(RunningMesh mesh, MetricSums counter)
    {
        using var patience = new CancellationTokenSource(_patience);
        counter.Reset();
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            Assert.NotNull(await Analyze(mesh.Client, _request));
        }
        while (counter.Total == 0);
    }

    private static void AssertOneRun(MetricSums runs, int texts)
    {
        Assert.Equal((1L, (long)texts), (runs["backbone"], runs["text"]));
        // Four levels, the texts, and possibly the end of the state.
        Assert.InRange(runs.Total - 1 - texts, 5, 6);
    }

    private static async Task<AnalyzeResponse> Analyze(RouterService.RouterServiceClient client, AnalyzeRequest request) =>
        await client.AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience);
}
