namespace MedMoE.Mesh.Trainer.Data;

/// <summary>One tar file of a data set, as WebDataset lays it out: the members of a record follow each other.</summary>
internal static class Shard
{
    /// <summary>The records as they come. Where the shard is cut or broken, its fault comes last, as a bad record of the shard's name.</summary>
    public static IEnumerable<StudyRecord> Read(string path, ReportTypes types)
    {
        using var members = new ShardMembers(path);
        ShardRecord? record = null;
        while (members.Next() is { } member)
        {
            if (record is not null && record.Key != member.Key)
            {
                yield return record.ToStudyRecord(types);
                record = null;
            }
            record ??= new ShardRecord(path, member.Key);
            record.Add(member);
        }
        // A cut may come between two members of a record, or right behind its last.
        var whole = members.Fault is null || record?.IsWhole == true;
        if (record is not null && whole)
        {
            yield return record.ToStudyRecord(types);
        }
        if (members.Fault is { } fault)
        {
            yield return StudyRecord.Bad(path, whole || record is null ? fault : $"{fault}, in record {record.Key}");
        }
    }
}
