
namespace MedMoE.Mesh.Studies.Tests;

/// <summary>An endless source of studies, like <see cref="DataSet"/>, that counts requested studies.</summary>
internal sealed class CountedSource() : StudySource("counted")
{
    private int _loading;
    private volatile int _given;

    /// <summary>Called while a study is loading.</summary>
    public Action<int> OnLoad { get; init; } = _ => { };

    /// <summary>Called when the pass is disposed.</summary>
    public Action OnClose { get; init; } = () => { };

    public override int? Count => null;

    public override string Digest => "counted";

    /// <summary>Records returned so far.</summary>
    public int Given => _given;

    /// <summary>Number of studies that are loading now.</summary>
    public int Loading => Volatile.Read(ref _loading);

    /// <summary>Whether the pass was disposed.</summary>
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
