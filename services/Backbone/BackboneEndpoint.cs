using System.Threading.Channels;
using Grpc.Core;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Backbone;

/// <summary>Streams each level as soon as it is computed, while later stages still run.</summary>
internal sealed class BackboneEndpoint(BackboneModel model) : BackboneService.BackboneServiceBase
{
    private const string Field = "image";

    public override async Task ExtractPyramid(
        ExtractPyramidRequest request, IServerStreamWriter<ExtractPyramidResponse> responseStream, ServerCallContext context)
    {
        var type = WireTensors.Require(request.DataType, "data_type", absent: DataType.Fp16);
        var (pixels, note) = await model.Prepare(request.Image, context.CancellationToken);
        // Frees up to 32 MiB while the pixels wait in the queue.
        request.Image = null;
        var levels = Channel.CreateUnbounded<PyramidLevel>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var run = model.Batcher.Submit(new PyramidRequest(pixels, type, levels.Writer), context.DeadlineOrNone(), context.CancellationToken);
        // Complete the channel however the run ends, so that the reader below does not wait for ever.
        _ = run.ContinueWith(ended => levels.Writer.TryComplete(ended.Exception?.InnerException), TaskScheduler.Default);

        await foreach (var level in levels.Reader.ReadAllAsync(context.CancellationToken))
        {
            NetworkOutput.RequireFinite(level.Features, Field);
            if (level.Level == PyramidBackbone.Levels - 1)
            {
                var batched = await run;
                var (pooled, made) = batched.Value;
                NetworkOutput.RequireFinite(pooled, Field);
                level.Pooled = WireTensors.FromSingles(pooled, DataType.Fp32, pooled.Length);
                level.Model = made;
                level.Timing = batched.ToTiming();
                if (note is not null)
                {
                    level.Notes.Add(note);
                }
            }
            await responseStream.WriteAsync(new ExtractPyramidResponse { Level = level }, context.CancellationToken);
        }
        await run;
    }
}
