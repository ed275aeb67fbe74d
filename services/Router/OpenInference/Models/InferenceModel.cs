using System.Runtime.ExceptionServices;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>A model of the protocol.</summary>
internal abstract class InferenceModel(string name, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
{
    /// <summary>The one version of every model: decimal, because perf_analyzer reads a number.</summary>
    public const string Version = "1";

    public string Name { get; } = name;

    public IReadOnlyList<TensorSpec> Inputs { get; } = inputs;

    public IReadOnlyList<TensorSpec> Outputs { get; } = outputs;

    /// <summary>The services that it cannot do without.</summary>
    public abstract IReadOnlyList<MeshService> Services { get; }

    /// <summary>The models that it is a chain of; none: it is not one.</summary>
    public virtual IReadOnlyList<ModelEnsembling.Types.Step> Steps => [];

    /// <summary>Whether a request may say how the expert is chosen.</summary>
    public virtual bool TakesGating => false;

    /// <summary>Runs a batch. Every item is checked before the first one runs.</summary>
    /// <returns>One for each item.</returns>
    /// <exception cref="InvalidFieldException">An item is refused, and named.</exception>
    /// <exception cref="RpcException">A service cannot be reached, or refuses an item.</exception>
    public abstract Task<ItemAnswer[]> Run(InferBatch batch, CancellationToken cancellation);

    /// <summary>Runs the items at once, so that they meet in the services' batches. The first that fails stops the others.</summary>
    protected static async Task<ItemAnswer[]> Each(
        InferBatch batch, Func<int, CancellationToken, Task<ItemAnswer>> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ExceptionDispatchInfo? failure = null;
        var answers = await Task.WhenAll(Enumerable.Range(0, batch.Items).Select(async i =>
        {
            try
            {
                return await Named(batch, i, () => run(i, stop.Token));
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                await stop.CancelAsync();
                return null;
            }
        }));
        failure?.Throw();
        return answers!;
    }

    /// <summary>Runs an item, or all of them; a fault of a field gets the name that the caller knows it by.</summary>
    protected static async Task<T> Named<T>(InferBatch batch, int? item, Func<Task<T>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when ((e as InvalidFieldException ?? (e as RpcException)?.FieldFault()) is { } fault)
        {
            throw new InvalidFieldException(batch.NameOf(fault.Field, item ?? IndexIn(fault.Field)), fault.Reason);
        }
    }

    // Of "texts[3]".
    private static int IndexIn(string field) =>
        field.Split('[', ']') is [_, var index, ..] && int.TryParse(index, out var item) ? item : 0;
}
