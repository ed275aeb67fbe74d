namespace MedMoE.Mesh.Studies;

/// <summary>A record as it lies in the data, not looked into yet: that is the workers' part, many at a time.</summary>
/// <param name="Key">Its name, or where it stands, for people.</param>
/// <param name="Load">
/// Reads it; any thread may. Throws <see cref="BadRecordException"/> where it is no study, and <see cref="StudyDataException"/> where its label
/// shows that data and bundle do not fit together.
/// </param>
public readonly record struct StudyRecord(string Key, Func<Study> Load)
{
    /// <summary>A record that is known to be bad.</summary>
    public static StudyRecord Bad(string key, string reason) => new(key, () => throw new BadRecordException(reason));
}
