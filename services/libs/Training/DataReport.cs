using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>
/// Says what of a data set is not used: bad records when they are found, and after the first pass their number, notes on studies, cut reports and
/// unknown words. Later passes are described only if they leave out more.
/// </summary>
/// <param name="name">Of the data set, as "training data".</param>
/// <param name="survey">Of its reports.</param>
/// <param name="report">Gets each line.</param>
internal sealed class DataReport(string name, TextSurvey survey, Action<string> report)
{
    private const int NamedWhenFound = 10;

    private bool _described;
    private int _left;
    private int _shown;
    private int _used;

    /// <summary>Records left out of the current pass.</summary>
    public SkippedRecords Skipped { get; private set; } = new();

    private StudyNotes Notes { get; set; } = new();

    public void BeginPass() => (Skipped, Notes, _shown, _used) = (new SkippedRecords(), new StudyNotes(), 0, 0);

    public void Add(PreparedBatch batch)
    {
        foreach (var study in batch.Studies)
        {
            Notes.Add(study.Key, study.Note);
            if (!_described)
            {
                survey.Add(study.Study.Report);
            }
        }
        _used += batch.Studies.Count;
        ShowFound();
    }

    /// <summary>Describes the pass, which has ended or, with <paramref name="whole"/> false, is broken off.</summary>
    public void EndPass(bool whole = true)
    {
        ShowFound();
        if (_described && Skipped.Count <= _left)
        {
            return;
        }
        var part = whole ? name : $"{name}, as far as read";
        if (Skipped.Count > 0 || Skipped.Unbatched > 0)
        {
            var rest = Skipped.Unbatched > 0 ? $", {Skipped.Unbatched} in a last batch that was not full (not used in this pass)" : "";
            report($"{part}: {Skipped.Count} record{(Skipped.Count == 1 ? "" : "s")} left out, {_used} used{rest}");
        }
        if (!_described)
        {
            foreach (var line in Notes.Lines.Concat(survey.Texts > 0 ? survey.Lines : []))
            {
                report($"{part}: {line}");
            }
        }
        (_described, _left) = (true, Skipped.Count);
    }

    private void ShowFound()
    {
        for (; !_described && _shown < Math.Min(Skipped.Count, NamedWhenFound); _shown++)
        {
            report($"left out of the {name}: {Skipped.First[_shown]}");
        }
    }
}
