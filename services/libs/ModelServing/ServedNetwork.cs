using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using static TorchSharp.torch;

namespace MedMoE.Mesh.ModelServing;

/// <summary>The network of a part of a bundle behind its batcher. It belongs to the batcher's thread, which runs it and disposes of it.</summary>
/// <typeparam name="TNetwork">The network.</typeparam>
/// <typeparam name="TItem">What a caller submits.</typeparam>
/// <typeparam name="TResult">What a caller gets.</typeparam>
public sealed class ServedNetwork<TNetwork, TItem, TResult> : IDisposable
    where TNetwork : class, IDisposable
{
    private readonly BundlePart _part;
    private readonly Func<ModelBundle, TorchOptions, TNetwork> _load;
    private readonly Func<Generation<TNetwork>, IReadOnlyList<TItem>, IReadOnlyList<TResult>> _run;
    private readonly Lock _exchanging = new();
    private Generation<TNetwork> _running;
    private volatile Generation<TNetwork> _latest;

    /// <param name="options">Bundle, device and precision.</param>
    /// <param name="part">The part of the bundle.</param>
    /// <param name="batching">How batches form.</param>
    /// <param name="load">Loads the network and places it on the device.</param>
    /// <param name="run">
    /// Runs a batch: as many results as items, in their order. Tensors that it does not detach are disposed of when it returns.
    /// </param>
    /// <param name="fits">Whether an item may join those that are picked already; null where only their number counts.</param>
    /// <exception cref="BundleException">The part cannot be loaded.</exception>
    public ServedNetwork(
        ModelOptions options, BundlePart part, BatcherOptions batching, Func<ModelBundle, TorchOptions, TNetwork> load,
        Func<Generation<TNetwork>, IReadOnlyList<TItem>, IReadOnlyList<TResult>> run, Func<IReadOnlyList<TItem>, TItem, bool>? fits = null)
    {
        (_part, _load, _run) = (part, load, run);
        Torch = TorchOptions.Parse(options.Device, options.Precision);
        _running = _latest = Load(options.Bundle);
        Metrics = new BatcherMetrics(part.Folder);
        Batcher = new Batcher<TItem, TResult>(batching, Run, Metrics, fits);
    }

    /// <summary>Where the network runs, and in what.</summary>
    public TorchOptions Torch { get; }

    public BatcherMetrics Metrics { get; }

    public Batcher<TItem, TResult> Batcher { get; }

    /// <summary>What the next batch runs on. Its network runs on the batcher's thread alone.</summary>
    public Generation<TNetwork> Latest => _latest;

    /// <summary>Loads the part of another bundle, and runs that from the next batch on.</summary>
    /// <param name="bundle">The bundle's folder.</param>
    /// <exception cref="BundleException">It cannot be loaded; the present network goes on.</exception>
    public void Exchange(string bundle)
    {
        var next = Load(bundle);
        lock (_exchanging)
        {
            if (_latest != _running)
            {
                // No batch has come since the last exchange.
                _latest.Network.Dispose();
            }
            _latest = next;
        }
    }

    public void Dispose()
    {
        Batcher.Dispose();
        Adopt();
        _running.Network.Dispose();
        Metrics.Dispose();
    }

    private Generation<TNetwork> Load(string folder)
    {
        var bundle = ModelBundle.Open(folder);
        return new Generation<TNetwork>(_load(bundle, Torch), bundle, ServedModel.Describe(bundle, _part, Torch.PrecisionName));
    }

    private IReadOnlyList<TResult> Run(IReadOnlyList<TItem> batch)
    {
        Adopt();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return _run(_running, batch);
    }

    private void Adopt()
    {
        lock (_exchanging)
        {
            if (_latest != _running)
            {
                _running.Network.Dispose();
                _running = _latest;
            }
        }
    }
}
