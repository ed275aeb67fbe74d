namespace MedMoE.Mesh.Studies;

/// <summary>A tar file of a data set in WebDataset's layout: the members of a record follow each other.</summary>
internal static class Shard
{
    /// <summary>
    /// Complete records in order, then incomplete ones, whose missing members might have followed later. If the shard is truncated or broken, the
    /// last record is a bad one with the shard's name and fault.
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
        // The file may be truncated between two members of a record, or right after its last.
        var whole = !members.IsCut || record?.IsWhole == true;
        if (record is not null && whole && parts.Add(record))
        {
            yield return record.ToStudyRecord(types);
        }
        foreach (var (key, fault) in parts.Faults)
        {
            yield return StudyRecord.Bad(key, fault, Path.GetFileName(path));
        }
        if (members.Fault is { } broken)
        {
            yield return StudyRecord.Bad(path, whole || record is null ? broken : $"{broken}, in record {record.Key}");
        }
    }
}
