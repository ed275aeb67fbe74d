namespace MedMoE.Mesh.Studies;

/// <summary>Notes on studies that are used nevertheless: each note once, with the number of studies and the first names.</summary>
public sealed class StudyNotes
{
    private const int Named = 3;

    private readonly OrderedDictionary<string, (int Studies, List<string> First)> _notes = [];

    /// <summary>Studies with a note.</summary>
    public int Count { get; private set; }

    /// <summary>One line per distinct note.</summary>
    public IEnumerable<string> Lines => _notes.Select(note =>
        $"{note.Value.Studies} studies ({string.Join("; ", note.Value.First)}{(note.Value.Studies > Named ? "; …" : "")}): {note.Key}");

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
