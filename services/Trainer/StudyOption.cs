using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Trainer;

/// <summary>What verbs that read a data set ask for alike.</summary>
internal static class StudyOption
{
    public static Option<ReportSections?> Sections() => new Option<ReportSections?>("--sections")
    {
        Description = "Sections of the reports to read, by their headings: findings,impression; reports without any are left out. Default: all.",
    }.ReadBy(ReportSections.Parse);
}
