namespace MedMoE.Mesh.Studies;

/// <summary>One tar file of a data set, as WebDataset lays it out: the members of a record follow each other.</summary>
internal static class Shard
{
    /// <summary>
    /// The records as they come; then those that lack a member, which might have come behind other records. Where the shard is cut or broken, its
    /// fault comes last, as a bad record of the shard's name.
    /// </summary>
    public static IEnumerable<StudyRecord> Read(string path, ReportTypes types)
    {
        using var members = new ShardMembers(path);
        var parts = new RecordParts();
        ShardRecord? record = null;
        while (members.Next() is { } member)
        {
            if (record is not null && !record.Has(member))
            {
                if (parts.Add(record))
                {
                    yield return record.ToStudyRecord(types);
                }
                record = null;
            }
            record ??= new ShardRecord(path, member.Key, member.Tar);
            record.Add(member, members.Read);
        }
        // A cut may come between two members of a record, or right behind its last.
        var whole = !members.IsCut || record?.IsWhole == true;
        if (record is not null && whole && parts.Add(record))
        {
            yield return record.ToStudyRecord(types);
        }
        foreach (var (key, fault) in parts.Faults)
        {
            yield return StudyRecord.Bad(key, fault);
        }
        if (members.Fault is { } broken)
        {
            yield return StudyRecord.Bad(path, whole || record is null ? broken : $"{broken}, in record {record.Key}");
        }
    }
}
