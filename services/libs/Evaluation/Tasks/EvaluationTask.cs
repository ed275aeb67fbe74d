using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>An evaluation task: its inputs, measurements and output. The name is for JSON, in snake_case.</summary>
internal abstract class EvaluationTask(string name)
{
    public string Name { get; } = name;

    /// <summary>The result as in the JSON; null if the data do not allow the task.</summary>
    public abstract object? Result { get; }

    /// <summary>The calibration of each of its classifications.</summary>
    public virtual IReadOnlyList<Calibration> Calibrations => [];

    /// <summary>Texts, besides the reports, to score each image of a report type with. Always the same for a type.</summary>
    public virtual IReadOnlyList<string> PromptsOf(int type) => [];

    public abstract void Add(StudyGroup group, EvaluationNotes notes);

    /// <summary>Called after the last study; adds notes if there is no result or only a partial one.</summary>
    public virtual void Note(EvaluationNotes notes)
    {
    }

    /// <summary>Writes the text form of the result, if there is one.</summary>
    public abstract void Write(EvaluationText text);

    /// <summary>Draws the result, if there is one.</summary>
    /// <param name="pathOf">Maps a name to the path of a PNG.</param>
    /// <param name="model">Name, version and notice of the model, for the picture.</param>
    public virtual void Draw(Func<string, string> pathOf, string model)
    {
    }
}
