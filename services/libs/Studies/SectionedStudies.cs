using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set of which only some sections of the reports are read. A report without any of them is a bad record.</summary>
/// <param name="source">The data set.</param>
/// <param name="sections">What to read.</param>
internal sealed class SectionedStudies(StudySource source, ReportSections sections) : StudySource(source.Name)
{
    public override int? Count => source.Count;

    public override IEnumerable<StudyRecord> Read(ShuffleOrder? order) =>
        source.Read(order).Select(record => new StudyRecord(record.Key, () => Pick(record.Load())));

    private Study Pick(Study study) =>
        study with { Report = sections.Pick(study.Report) ?? throw new BadRecordException($"the report has no section of {sections}") };
}
