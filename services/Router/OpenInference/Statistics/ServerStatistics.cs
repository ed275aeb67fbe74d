using System.Collections.Frozen;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Models;

namespace MedMoE.Mesh.Router.OpenInference.Statistics;

/// <summary>Counts and times of all models, of the requests that came through this protocol.</summary>
internal sealed class ServerStatistics(ModelList models, TimeProvider time)
{
    private readonly FrozenDictionary<string, ModelCounters> _counters =
        models.All.ToFrozenDictionary(model => model.Name, model => new ModelCounters(model.Name, time));

    /// <summary>Counts a request for its model and for each network that it went through.</summary>
    public void Answered(InferenceModel model, RequestTimes times)
    {
        var stages = times.Items.SelectMany(item => item).GroupBy(stage => stage.Model)
            .ToDictionary(group => group.Key, StageTimes.Of);
        foreach (var (name, stage) in stages.Where(stage => stage.Key != model.Name))
        {
            _counters[name].Answered(stage, stage.Queue + stage.Compute);
        }
        var own = stages.GetValueOrDefault(model.Name)
            ?? StageTimes.Chain([.. stages.Values], times.Items.Count(item => item.Any(stage => !IsFree(stage))));
        _counters[model.Name].Answered(own, times.Total, times.Input, times.Output);
    }

    public void Failed(InferenceModel model, TimeSpan total) => _counters[model.Name].Failed(total);

    public ModelStatistics Read(InferenceModel model) => _counters[model.Name].Read();

    // From the cache, or the gate, which costs nothing.
    private static bool IsFree(Stage stage) => stage.Timing is null || stage.Model == ModelNames.Gate;
}
