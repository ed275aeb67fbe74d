using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using static TorchSharp.torch;

namespace MedMoE.Mesh.ModelServing;

/// <summary>Serves one part of a bundle in batches. The batcher's thread runs the network.</summary>
/// <remarks>
/// The network can be exchanged while calls run. A batch runs on one network; a call of several batches holds the one that it began with.
/// </remarks>
public sealed class ServedNetwork<TNetwork, TItem, TResult> : IDisposable
    where TNetwork : class, IDisposable
{
    private readonly Func<ModelBundle, TorchOptions, TNetwork> _load;
    private readonly Func<Generation<TNetwork>, IReadOnlyList<TItem>, IReadOnlyList<TResult>> _run;
    private readonly Lock _exchanging = new();
    private Users _latest;

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
        (Part, _load, _run) = (part, load, run);
        Torch = TorchOptions.Parse(options.Device, options.Precision);
        _latest = new Users(Load(options.Bundle));
        Metrics = new BatcherMetrics(part.Folder, served);
        served?.CountItems(batching.MaxBatchSize);
        Batcher = new Batcher<TItem, TResult>(batching, Run, Metrics, fits);
    }

    public BundlePart Part { get; }

    public TorchOptions Torch { get; }

    public BatcherMetrics Metrics { get; }

    public Batcher<TItem, TResult> Batcher { get; }

    /// <summary>The network of the next batch. Only the batcher's thread may run it.</summary>
    public Generation<TNetwork> Latest => Volatile.Read(ref _latest).Generation;

    /// <summary>Keeps the present network for a call of several batches.</summary>
    public HeldNetwork<TNetwork> Hold()
    {
        lock (_exchanging)
        {
            var users = _latest;
            users.Count++;
            return new HeldNetwork<TNetwork>(users.Generation, () => Release(users));
        }
    }

    /// <summary>Loads the part of another bundle, or of the changed one, and uses it from the next batch on.</summary>
    /// <exception cref="BundleException">It cannot be loaded, or differs in more than the weights; the present network stays.</exception>
    public void Exchange(string bundle)
    {
        var next = Load(bundle);
        if (next.Form != Latest.Form)
        {
            next.Network.Dispose();
            throw new BundleException(
                bundle, $"part {Part} differs from the running model in more than its weights: only a restarted service can use it");
        }
        Retire(new Users(next));
    }

    public void Dispose()
    {
        Batcher.Dispose();
        Retire(_latest);
        Metrics.Dispose();
    }

    /// <exception cref="BundleException">It cannot be loaded, or its files were changed meanwhile.</exception>
    private Generation<TNetwork> Load(string folder)
    {
        var bundle = ModelBundle.Open(folder);
        var (info, form) = (ServedModel.Describe(bundle, Part, Torch.PrecisionName), PartContent.Form(bundle, Part));
        var network = _load(bundle, Torch);
        if (bundle.Digest(Part) != info.Digests[Part.Folder])
        {
            // Answers would carry the digest of other weights, and caches keep them under it.
            network.Dispose();
            throw new BundleException(folder, $"the files of part {Part} were changed while they were read");
        }
        return new Generation<TNetwork>(network, bundle, info, form);
    }

    private IReadOnlyList<TResult> Run(IReadOnlyList<TItem> batch)
    {
        using var held = Hold();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return _run(held.Generation, batch);
    }

    private void Retire(Users next)
    {
        lock (_exchanging)
        {
            var users = _latest;
            _latest = next;
            users.IsRetired = true;
            DisposeOf(users);
        }
    }

    private void Release(Users users)
    {
        lock (_exchanging)
        {
            users.Count--;
            DisposeOf(users);
        }
    }

    private static void DisposeOf(Users users)
    {
        if (users is { IsRetired: true, Count: 0 })
        {
            users.Generation.Network.Dispose();
        }
    }

    /// <summary>How many batches and calls use a network. Guarded by the lock.</summary>
    private sealed class Users(Generation<TNetwork> generation)
    {
        public Generation<TNetwork> Generation => generation;

        public int Count { get; set; }

        public bool IsRetired { get; set; }
    }
}
