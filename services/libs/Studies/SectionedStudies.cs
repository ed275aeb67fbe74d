using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>A data set with only some sections of the reports. A report without any of them is a bad record.</summary>
internal sealed class SectionedStudies(StudySource source, ReportSections sections) : StudySource(source.Name)
{
    public override int? Count => source.Count;

    public override string Digest => source.Digest;

    public override IEnumerable<StudyRecord> Read(ShuffleOrder? order) =>
        source.Read(order).Select(record => record with { Load = () => Pick(record.Load()) });

    private Study Pick(Study study) =>
        study with { Report = sections.Pick(study.Report) ?? throw new BadRecordException($"the report has no section of {sections}") };
}
