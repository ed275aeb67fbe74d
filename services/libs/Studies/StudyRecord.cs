namespace MedMoE.Mesh.Studies;

/// <summary>
/// An unread record; the key is its name or position. <paramref name="Load"/> reads it on any thread. It throws <see cref="BadRecordException"/> for
/// an invalid record and <see cref="StudyDataException"/> for a label that does not fit the bundle.
/// </summary>
/// <param name="Key">Its name or position.</param>
/// <param name="Load">Reads it.</param>
/// <param name="Line">Where it stands: in a list, as <c>manifest.csv:45</c>, or the name of its shard.</param>
public readonly record struct StudyRecord(string Key, Func<Study> Load, string? Line = null)
{
    /// <summary>For messages.</summary>
    public string Name => Line is null || Line == Key ? Key : $"{Line}, {Key}";

    public static StudyRecord Bad(string key, string reason, string? line = null) => new(key, () => throw new BadRecordException(reason), line);
}
