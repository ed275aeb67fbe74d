using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using static TorchSharp.torch;

namespace MedMoE.Mesh.ModelServing;

/// <summary>Serves one part of a bundle in batches. The batcher's thread owns the network: it runs and disposes it.</summary>
public sealed class ServedNetwork<TNetwork, TItem, TResult> : IDisposable
    where TNetwork : class, IDisposable
{
    private readonly BundlePart _part;
    private readonly Func<ModelBundle, TorchOptions, TNetwork> _load;
    private readonly Func<Generation<TNetwork>, IReadOnlyList<TItem>, IReadOnlyList<TResult>> _run;
    private readonly Lock _exchanging = new();
    private Generation<TNetwork> _running;
    private volatile Generation<TNetwork> _latest;

    /// <summary>
    /// Loads the network; <paramref name="load"/> also moves it to the device. <paramref name="run"/> returns one result per item, in order; tensors
    /// that it does not detach are disposed when it returns. <paramref name="fits"/> decides whether an item may join a batch; null: only the count
    /// limits it. <paramref name="served"/> is told of the items; null: nobody is.
    /// </summary>
    /// <exception cref="BundleException">The part cannot be loaded.</exception>
    public ServedNetwork(
        ModelOptions options, BundlePart part, BatcherOptions batching, Func<ModelBundle, TorchOptions, TNetwork> load,
        Func<Generation<TNetwork>, IReadOnlyList<TItem>, IReadOnlyList<TResult>> run, Func<IReadOnlyList<TItem>, TItem, bool>? fits = null,
        ServiceLoad? served = null)
    {
        (_part, _load, _run) = (part, load, run);
        Torch = TorchOptions.Parse(options.Device, options.Precision);
        _running = _latest = Load(options.Bundle);
        Metrics = new BatcherMetrics(part.Folder, served);
        served?.CountItems(batching.MaxBatchSize);
        Batcher = new Batcher<TItem, TResult>(batching, Run, Metrics, fits);
    }

    public TorchOptions Torch { get; }

    public BatcherMetrics Metrics { get; }

    public Batcher<TItem, TResult> Batcher { get; }

    /// <summary>The network of the next batch. Only the batcher's thread may run it.</summary>
    public Generation<TNetwork> Latest => _latest;

    /// <summary>Loads the part of another bundle and uses it from the next batch on.</summary>
    /// <exception cref="BundleException">It cannot be loaded; the present network stays.</exception>
    public void Exchange(string bundle)
    {
        var next = Load(bundle);
        lock (_exchanging)
        {
            if (_latest != _running)
            {
                // No batch has run since the last exchange.
                _latest.Network.Dispose();
            }
            _latest = next;
        }
    }

    public void Dispose()
    {
        Batcher.Dispose();
        SwitchToLatest();
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
        SwitchToLatest();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return _run(_running, batch);
    }

    private void SwitchToLatest()
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
