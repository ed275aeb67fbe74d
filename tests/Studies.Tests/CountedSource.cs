
namespace MedMoE.Mesh.Studies.Tests;

/// <summary>Studies without end, as <see cref="DataSet"/> has them, and how many of them have been asked for.</summary>
internal sealed class CountedSource() : StudySource("counted")
{
    private int _loading;
    private volatile int _given;

    /// <summary>Called in the midst of loading a study.</summary>
    public Action<int> OnLoad { get; init; } = _ => { };

    /// <summary>Called when the pass is let go of.</summary>
    public Action OnClose { get; init; } = () => { };

    public override int? Count => null;

    /// <summary>Records handed out.</summary>
    public int Given => _given;

    /// <summary>Studies that some worker is loading now.</summary>
    public int Loading => Volatile.Read(ref _loading);

    /// <summary>Whether the pass was let go of.</summary>
    public bool Closed { get; private set; }

    public override IEnumerable<StudyRecord> Read(ShuffleOrder? order)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                var study = i;
                _given = i + 1;
                yield return new StudyRecord(DataSet.Key(study), () => Load(study));
            }
        }
        finally
        {
            Closed = true;
            OnClose();
        }
    }

    private Study Load(int study)
    {
        Interlocked.Increment(ref _loading);
        try
        {
            OnLoad(study);
            return new Study(DataSet.Key(study), DataSet.Png(study % 256), "report", study % 3, []);
        }
        finally
        {
            Interlocked.Decrement(ref _loading);
        }
    }
}
