using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>Loads an order's network and measures it.</summary>
public sealed class NetworkBench(ModelBundle bundle, string device, byte[] image) : IDisposable
{
    private (string Network, int Batch, string Precision) _loaded;
    private INetworkRun? _run;

    public Timed Run(Order order)
    {
        try
        {
            return Time(order);
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException or OutOfMemoryException)
        {
            // Errors of libtorch, above all out of memory.
            return new Timed(0, 0, 0, 0, 0, Error: e.Message.Split('\n')[0]);
        }
    }

    public void Dispose() => _run?.Dispose();

    private Timed Time(Order order)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var options = TorchOptions.Parse(device, order.Precision);
        var run = Load(order, options);
        options.ChooseProducts();
        return NetworkTimer.Time(run, order.Batch, order.Seconds, onCard: device != "cpu", phases: order.Network == "chain");
    }

    private INetworkRun Load(Order order, TorchOptions options)
    {
        var wanted = (order.Network, order.Batch, order.Precision);
        if (_run is null || _loaded != wanted)
        {
            _run?.Dispose();
            _run = null;
            _run = order.Network switch
            {
                "swin" => new SwinRun(bundle, options, order.Batch),
                "text" => new TextRun(bundle, options, order.Batch),
                "expert" => new ExpertRun(bundle, options, order.Batch),
                "chain" => new ChainRun(bundle, options, order.Batch, image),
                _ => throw new ArgumentException($"unknown network {order.Network}", nameof(order)),
            };
            _loaded = wanted;
        }
        return _run;
    }
}
