using System.Text.Json.Nodes;
using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

public sealed class StudyLoaderTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void ReadAll_Studies_ComePreparedInTheOrderOfTheData()
    {
        using var data = new DataSet().WithStudies(25);

        var studies = data.Loader(new LoaderOptions { BatchSize = 4 }).ReadAll(new SkippedRecords()).ToArray();

        Assert.Equal(Enumerable.Range(0, 25).Select(Key), studies.Select(s => s.Key));
        Assert.All(studies.Index(), at =>
        {
            Assert.Equal(3 * Size * Size, at.Item.Pixels.Length);
            // The level, after a division and its inverse.
            Assert.All(at.Item.Pixels, level => Assert.Equal(at.Index, level, 1e-3f));
            Assert.Equal(at.Index % 3, at.Item.ReportType);
            Assert.Equal((Size, Size), (at.Item.Width, at.Item.Height));
        });
    }

    [Fact]
    public void ReadAll_LongReport_IsCutAtTheBundlesTokens()
    {
        using var data = new DataSet();
        var line = data.Line(0);
        line["report"] = string.Concat(Enumerable.Repeat("a b c d ", 20));
        data.WithManifest(line);

        var tokens = Assert.Single(data.Loader().ReadAll(new SkippedRecords())).Tokens;

        Assert.Equal((25, 23, true), (tokens.Ids.Count, tokens.Words.Count, tokens.Truncated));
    }

    [Fact]
    public void ReadAll_WhatOnlyShowsInPreparing_IsSkippedCountedAndNamed()
    {
        using var data = new DataSet();
        JsonObject WithBox(int study, params int[] box)
        {
            var line = data.Line(study);
            line["findings"] = new JsonArray(
                new JsonObject { ["name"] = "mass", ["phrase"] = "p", ["box"] = new JsonArray([.. box.Select(b => (JsonNode)b)]) });
            return line;
        }
        var wordless = data.Line(3);
        wordless["report"] = "\u200B";
        data.WithManifest(
            WithBox(0, 2, 2, 6, 6), WithBox(1, 2, 2, 7, 6), WithBox(2, int.MaxValue, 2, int.MaxValue, 6), wordless, data.Line(4), data.Line(5));
        data.WithFile("4.png", Png(4)[..40]).WithFile("5.png", Utf8("<svg/>"));
        var skipped = new SkippedRecords();

        Assert.Equal([Key(0)], data.Loader().ReadAll(skipped).Select(s => s.Key));
        Assert.Equal(
            [
                "manifest.jsonl:2, study-001: finding \"mass\": box is not within the image of 8×8",
                "manifest.jsonl:3, study-002: finding \"mass\": box is not within the image of 8×8",
                "manifest.jsonl:4, study-003: report without words",
            ],
            skipped.First.Take(3).Select(s => s.ToString()));
        Assert.StartsWith("manifest.jsonl:5, study-004: broken image", skipped.First[3].ToString());
        Assert.Equal("manifest.jsonl:6, study-005: not an image: neither PNG nor JPEG", skipped.First[4].ToString());
        Assert.Equal(5, skipped.Count);
    }

    [Fact]
    public void Read_Mixed_BatchesFollowTheOrderAndTheLastIncompleteOneIsDropped()
    {
        using var data = new DataSet().WithStudies(23);
        var order = data.Open().Read(new ShuffleOrder(Seed: 3, Epoch: 2)).Select(r => r.Key).ToArray();

        var batches = data.Loader(new LoaderOptions { BatchSize = 5, Seed = 3 }).Read(epoch: 2, new SkippedRecords()).ToArray();

        Assert.Equal([0, 1, 2, 3], batches.Select(b => b.Index));
        Assert.Equal(order[..20].Chunk(5), batches.Select(b => b.Studies.Select(s => s.Key)));
    }

    [Fact]
    public void Read_ByType_EveryBatchIsOfOneTypeAndDueWhenItHasEnough()
    {
        using var data = new DataSet();
        int[] types = [0, 1, 1, 0, 1, 2, 0, 0, 1, 0, 2, 1, 1];
        data.WithManifest(types.Select((type, study) => data.Line(study, Types[type])));
        var order = data.Open().Read(new ShuffleOrder(0, 0)).Select(r => int.Parse(r.Key[^3..])).ToArray();

        var batches = data.Loader(new LoaderOptions { BatchSize = 2, Batches = BatchPlan.ByType }).Read(0, new SkippedRecords()).ToArray();

        Assert.All(batches, batch => Assert.Single(batch.Studies.Select(s => s.ReportType).Distinct()));
        // 5, 6 and 2 studies of a type.
        Assert.Equal([2, 3, 1], Enumerable.Range(0, 3).Select(type => batches.Count(b => b.Studies[0].ReportType == type)));
        // Each type keeps its order, and batches are in the order of their last studies.
        Assert.All(Enumerable.Range(0, 3), type => Assert.Equal(
            order.Where(study => types[study] == type).Chunk(2).Where(pair => pair.Length == 2).SelectMany(pair => pair).Select(Key),
            batches.SelectMany(b => b.Studies).Where(s => s.ReportType == type).Select(s => s.Key)));
        int[] dueAt = [.. batches.Select(b => Array.FindIndex(order, study => Key(study) == b.Studies[^1].Key))];
        Assert.Equal(dueAt.Order(), dueAt);
    }

    [Fact]
    public void Read_EpochsAndSeeds_DifferAndComeAgain()
    {
        using var data = new DataSet().WithStudies(30);
        string[][] Batches(int seed, int epoch) =>
            Keys(data.Loader(new LoaderOptions { BatchSize = 5, Seed = seed }).Read(epoch, new SkippedRecords()));

        Assert.Equal(Batches(1, 0), Batches(1, 0));
        Assert.NotEqual(Batches(1, 0), Batches(1, 1));
        Assert.NotEqual(Batches(1, 0), Batches(2, 0));
    }

    [Theory]
    [InlineData(BatchPlan.Mixed, 1, 1)]
    [InlineData(BatchPlan.Mixed, 8, 3)]
    [InlineData(BatchPlan.ByType, 1, 1)]
    [InlineData(BatchPlan.ByType, 8, 3)]
    public void Read_SkippingBatches_GivesWhatAStraightRunHasThere(object plan, int workers, int readAhead)
    {
        using var data = Broken(60);
        var options = new LoaderOptions
        {
            BatchSize = 4,
            Batches = (BatchPlan)plan,
            Seed = 5,
            Workers = workers,
            ReadAhead = readAhead,
        };
        var skipped = new SkippedRecords();
        var straight = Keys(data.Loader(options).Read(1, skipped));

        Assert.Equal(3, skipped.Count);
        foreach (var skip in new[] { 0, 1, 6, straight.Length - 1, straight.Length, straight.Length + 1 })
        {
            var again = new SkippedRecords();
            var resumed = data.Loader(options with { Workers = 3 }).Read(1, again, skip).ToArray();

            Assert.Equal(straight.Skip(skip), Keys(resumed));
            Assert.Equal(Enumerable.Range(skip, resumed.Length), resumed.Select(b => b.Index));
            Assert.Equal(skipped.First, again.First);
        }
    }

    [Fact]
    public void Read_UndecodableImage_ItsPlaceIsTakenByTheNextStudy()
    {
        using var data = Broken(60);
        string[] broken = [Key(11), Key(30), Key(47)];
        var order = data.Open().Read(new ShuffleOrder(0, 0)).Select(r => r.Key).Except(broken);

        Assert.Equal(order.Take(56).Chunk(4), Keys(data.Loader(new LoaderOptions { BatchSize = 4 }).Read(0, new SkippedRecords())));
    }

    [Fact]
    public void Read_Shards_GivesTheSameBatchesWhateverTheWorkers()
    {
        using var data = new DataSet();
        for (var shard = 0; shard < 4; shard++)
        {
            data.WithShard($"{shard}.tar", Enumerable.Range(shard * 20, 20).SelectMany(i => Sample(i)));
        }
        var options = new LoaderOptions { BatchSize = 8, ShuffleWindow = 30 };
        var one = Keys(data.Loader(options with { Workers = 1, ReadAhead = 1 }).Read(0, new SkippedRecords()));

        Assert.Equal(10, one.Length);
        Assert.Equal(one, Keys(data.Loader(options with { Workers = 8 }).Read(0, new SkippedRecords())));
        Assert.Equal(one.Skip(7), Keys(data.Loader(options).Read(0, new SkippedRecords(), skipBatches: 7)));
    }

    [Theory]
    [InlineData(BatchPlan.Mixed, "not enough studies for a batch of 8: 7 usable")]
    [InlineData(BatchPlan.ByType, "not enough studies for a batch of 8 of one report type: 7 usable")]
    public void Read_TooFewForABatch_IsRefused(object plan, string reason)
    {
        using var data = new DataSet().WithStudies(7);

        var e = Assert.Throws<StudyDataException>(
            () => data.Loader(new LoaderOptions { BatchSize = 8, Batches = (BatchPlan)plan }).Read(0, new SkippedRecords()).ToArray());

        Assert.Equal($"{data["manifest.jsonl"]}: {reason}", e.Message);
    }

    [Fact]
    public void Read_TooFewForABatch_NamesWhatWasLeftOut()
    {
        using var data = new DataSet().WithStudies(2).WithFile("1.png", [1, 2, 3]);

        var e = Assert.Throws<StudyDataException>(() => data.Loader(new LoaderOptions { BatchSize = 2 }).Read(0, new SkippedRecords()).ToArray());

        Assert.Matches(@"not enough studies for a batch of 2: 1 usable; left out: 1 record: manifest\.jsonl:2, study-001: ", e.Message);
    }

    [Fact]
    public void Read_LastBatchThatIsNotFull_IsCounted()
    {
        using var data = new DataSet().WithStudies(7);
        var skipped = new SkippedRecords();

        Assert.Equal(2, data.Loader(new LoaderOptions { BatchSize = 3 }).Read(0, skipped).Count());

        Assert.Equal((0, 1), (skipped.Count, skipped.Unbatched));
    }

    [Fact]
    public void Read_NoUsableStudy_IsRefusedWithTheFirstReason()
    {
        using var data = new DataSet().WithStudies(2);
        File.Delete(data["0.png"]);
        File.Delete(data["1.png"]);

        Action<StudyLoader>[] reads = [l => l.ReadAll(new SkippedRecords()).ToArray(), l => l.Read(0, new SkippedRecords()).ToArray()];
        foreach (var read in reads)
        {
            Assert.Matches(
                @"it has no usable study; the first: manifest\.jsonl:[12], study-00[01]: [01]\.png: no such file$",
                Assert.Throws<StudyDataException>(() => read(data.Loader())).Message);
        }
    }

    [Fact]
    public void Read_LabelOutOfRange_EndsItAtOnce()
    {
        using var data = new DataSet().WithShard("a.tar", Enumerable.Range(0, 60).SelectMany(i => Sample(i, type: i == 20 ? 7 : 0)));

        var e = Assert.Throws<StudyDataException>(() => data.Loader(new LoaderOptions { BatchSize = 2 }).ReadAll(new SkippedRecords()).ToArray());

        Assert.StartsWith("a.tar, study-020: .cls 7 is not in 0..2", e.Message);
    }

    [Fact]
    public void Read_SourceThatFails_EndsWithItsException()
    {
        var source = new CountedSource { OnLoad = study => throw new InvalidOperationException($"of {study}") };

        Assert.Equal("of 0", Assert.Throws<InvalidOperationException>(
            () => new StudyLoader(source, Preparation, new LoaderOptions { Workers = 1 }).ReadAll(new SkippedRecords()).ToArray()).Message);
        Assert.True(source.Closed);
    }

    [Fact]
    public void Read_SlowConsumer_IsNotOutrunByMoreThanTheReadAhead()
    {
        // The source is endless: an unbounded reader would never wait.
        var source = new CountedSource();
        var options = new LoaderOptions { BatchSize = 4, ReadAhead = 3 };
        var (taken, most) = (0, 0);
        foreach (var batch in new StudyLoader(source, Preparation, options).Read(0, new SkippedRecords()))
        {
            taken += batch.Studies.Count;
            most = Math.Max(most, source.Given - taken);
            if (taken == 40 * 4)
            {
                break;
            }
        }

        // One record is being read.
        Assert.InRange(most, 1, (3 * 4) + 1);
        Assert.InRange(source.Given - taken, 0, (3 * 4) + 1);
    }

    [Fact]
    public void Read_LeftEarly_LeavesNoWorkerBehind()
    {
        using var held = new CountdownEvent(3);
        using var left = new ManualResetEventSlim();
        var source = new CountedSource
        {
            OnLoad = study =>
            {
                if (study >= 4 && !held.IsSet)
                {
                    held.Signal();
                    Assert.True(left.Wait(_patience), "waited for the consumer to leave");
                }
            },
            OnClose = left.Set,
        };
        var loader = new StudyLoader(source, Preparation, new LoaderOptions { BatchSize = 4, Workers = 3 });
        using (var batches = loader.Read(0, new SkippedRecords()).GetEnumerator())
        {
            Assert.True(batches.MoveNext());
            Assert.True(held.Wait(_patience), "waited for three workers to be in the midst of loading");
        }

        Assert.Equal((0, true), (source.Loading, source.Closed));
    }

    [Fact]
    public void Read_Cancelled_ThrowsAndLeavesNoWorkerBehind()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new CountedSource();
        var loader = new StudyLoader(source, Preparation, new LoaderOptions { BatchSize = 4 });

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (var batch in loader.Read(0, new SkippedRecords(), cancellation: cancellation.Token))
            {
                if (batch.Index == 2)
                {
                    cancellation.Cancel();
                }
            }
        });

        Assert.Equal((0, true), (source.Loading, source.Closed));
    }

    /// <summary>Studies of which three images do not decode.</summary>
    private static DataSet Broken(int studies)
    {
        var data = new DataSet().WithStudies(studies);
        foreach (var study in new[] { 11, 30, 47 })
        {
            data.WithFile($"{study}.png", Png(study)[..40]);
        }
        return data;
    }

    private static string[][] Keys(IEnumerable<PreparedBatch> batches) => [.. batches.Select(batch => batch.Studies.Select(s => s.Key).ToArray())];
}
