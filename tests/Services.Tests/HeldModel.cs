using System.Threading.Channels;
using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>
/// Blocks a real backbone's model thread in its first batch until it is released: an image's levels go to a writer that does not return.
/// </summary>
internal sealed class HeldModel : ChannelWriter<PyramidLevel>, IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _entered = new();
    private readonly ManualResetEventSlim _released = new();
    private readonly Task _run;

    public HeldModel(RunningService backbone)
    {
        var model = backbone.Get<BackboneModel>();
        _run = model.Batcher.Submit(new PyramidRequest(new float[3 * 224 * 224], DataType.Fp16, this));
        Assert.True(_entered.Wait(_patience, TestContext.Current.CancellationToken), "the model did not start");
    }

    public override bool TryWrite(PyramidLevel item)
    {
        _entered.Set();
        Assert.True(_released.Wait(_patience), "the model was not let go");
        return true;
    }

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => new(true);

    public async ValueTask DisposeAsync()
    {
        _released.Set();
        await _run.WaitAsync(_patience);
    }
}
