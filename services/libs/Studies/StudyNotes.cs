namespace MedMoE.Mesh.Studies;

/// <summary>
/// What is to be told of studies that are used all the same: each thing once, how many studies it is true of, and the first ones by name.
/// </summary>
public sealed class StudyNotes
{
    private const int Named = 3;

    private readonly OrderedDictionary<string, (int Studies, List<string> First)> _notes = [];

    /// <summary>Studies that have one.</summary>
    public int Count { get; private set; }

    /// <summary>A line for each thing.</summary>
    public IEnumerable<string> Lines => _notes.Select(note =>
        $"{note.Value.Studies} studies ({string.Join("; ", note.Value.First)}{(note.Value.Studies > Named ? "; …" : "")}): {note.Key}");

    /// <param name="key">The study's name.</param>
    /// <param name="note">What is to be told of it; null for nothing.</param>
    public void Add(string key, string? note)
    {
        if (note is null)
        {
            return;
        }
        Count++;
        var (studies, first) = _notes.TryGetValue(note, out var known) ? known : (0, []);
        if (first.Count < Named)
        {
            first.Add(key);
        }
        _notes[note] = (studies + 1, first);
    }
}
