using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ModelServing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Settings;

namespace MedMoE.Mesh.Services.Tests;

public sealed class ServedNetworkTests : IDisposable
{
    private readonly GoldenBundle _first = new(Architecture.Paper);
    private readonly GoldenBundle _second = new(Architecture.Paper);
    private readonly List<Loaded> _loaded = [];
    private Action? _loading;

    public ServedNetworkTests() => _second.SetVersion("2");

    [Fact]
    public async Task Exchange_BetweenTwoBatches_LaterOnesRunOnTheNewNetwork()
    {
        using var network = Served();
        var before = await network.Batcher.Submit(0);

        network.Exchange(_second.Root);
        var after = await network.Batcher.Submit(0);

        Assert.Equal(
            [(0, "medmoe-nano-paper/1"), (1, "medmoe-nano-paper/2")], new[] { before.Value, after.Value });
        Assert.Equal("medmoe-nano-paper/2", network.Latest.Info.ModelVersion);
        Assert.Equal([true, false], _loaded.Select(loaded => loaded.Disposed));
    }

    [Fact]
    public async Task Exchange_BundleOfAnotherForm_IsRefused()
    {
        using var other = new GoldenBundle(Architecture.Reference);
        using var network = Served();

        var e = Assert.Throws<BundleException>(() => network.Exchange(other.Root));

        Assert.Contains("part text differs from the running model in more than its weights", e.Message, StringComparison.Ordinal);
        Assert.Equal((0, "medmoe-nano-paper/1"), (await network.Batcher.Submit(0)).Value);
        Assert.Equal([false, true], _loaded.Select(loaded => loaded.Disposed));
    }

    [Fact]
    public async Task Exchange_FilesThatChangeWhileTheyAreRead_IsRefused()
    {
        using var network = Served();
        _loading = () => _second.SetVersion("3");

        var e = Assert.Throws<BundleException>(() => network.Exchange(_second.Root));

        Assert.Contains("were changed while they were read", e.Message, StringComparison.Ordinal);
        Assert.Equal((0, "medmoe-nano-paper/1"), (await network.Batcher.Submit(0)).Value);
        Assert.Equal([false, true], _loaded.Select(loaded => loaded.Disposed));
    }

    [Fact]
    public void Hold_OfAnExchangedNetwork_KeepsItUntilReleased()
    {
        using var network = Served();
        var held = network.Hold();
        var again = network.Hold();

        network.Exchange(_second.Root);
        held.Dispose();
        held.Dispose();
        Assert.Equal((0, false), (again.Generation.Network.Number, _loaded[0].Disposed));

        again.Dispose();
        Assert.Equal([true, false], _loaded.Select(loaded => loaded.Disposed));
    }

    [Fact]
    public async Task Exchange_BundleThatCannotBeLoaded_ThePresentOneGoesOn()
    {
        using var network = Served();

        Assert.Throws<BundleException>(() => network.Exchange("/no/such/folder"));

        Assert.Equal((0, "medmoe-nano-paper/1"), (await network.Batcher.Submit(0)).Value);
    }

    [Fact]
    public void Dispose_AfterExchangesWithoutABatch_DisposesOfAllOnce()
    {
        using (var network = Served())
        {
            network.Exchange(_second.Root);
            network.Exchange(_first.Root);
        }

        Assert.Equal([1, 1, 1], _loaded.Select(loaded => loaded.Disposals));
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private ServedNetwork<Loaded, int, (int Number, string Model)> Served() => new(
        new ModelOptions { Bundle = _first.Root },
        BundlePart.Text,
        new BatcherOptions(),
        (_, _) =>
        {
            _loading?.Invoke();
            _loaded.Add(new Loaded(_loaded.Count));
            return _loaded[^1];
        },
        (generation, batch) => [.. batch.Select(_ => (generation.Network.Number, generation.Info.ModelVersion))]);

    private sealed class Loaded(int number) : IDisposable
    {
        public int Number => number;

        public int Disposals { get; private set; }

        public bool Disposed => Disposals > 0;

        public void Dispose() => Disposals++;
    }
}
