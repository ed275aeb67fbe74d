using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>One thing that is measured of a bundle: what it needs of each image, what it takes from it, and how it shows what it found.</summary>
/// <param name="name">In the JSON, snake_case.</param>
internal abstract class EvaluationTask(string name)
{
    public string Name { get; } = name;

    /// <summary>What it found, as the JSON shows it; null where the data do not allow it.</summary>
    public abstract object? Result { get; }

    /// <summary>Whether confidence is accuracy, for each of its classifications.</summary>
    public virtual IReadOnlyList<Calibration> Calibrations => [];

    /// <summary>Texts to score each image of a report type with, besides the reports. The same whenever it is asked.</summary>
    public virtual IReadOnlyList<string> PromptsOf(int type) => [];

    public abstract void Add(StudyGroup group, EvaluationNotes notes);

    /// <summary>Says, when all studies have been read, why it found nothing or less.</summary>
    public virtual void Note(EvaluationNotes notes)
    {
    }

    /// <summary>Writes the result for people to read, where there is one.</summary>
    public abstract void Write(EvaluationText text);

    /// <summary>Draws the result, where there is one.</summary>
    /// <param name="pathOf">Path of a PNG by its name.</param>
    /// <param name="model">Name and version of the bundle.</param>
    public virtual void Draw(Func<string, string> pathOf, string model)
    {
    }
}
