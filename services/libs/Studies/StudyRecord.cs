namespace MedMoE.Mesh.Studies;

/// <summary>
/// An unread record; the key is its name or position. <paramref name="Load"/> reads it on any thread. It throws <see cref="BadRecordException"/> for
/// an invalid record and <see cref="StudyDataException"/> for a label that does not fit the bundle.
/// </summary>
public readonly record struct StudyRecord(string Key, Func<Study> Load)
{
    public static StudyRecord Bad(string key, string reason) => new(key, () => throw new BadRecordException(reason));
}
