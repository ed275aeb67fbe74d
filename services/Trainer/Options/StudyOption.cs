using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Trainer.Options;

internal static class StudyOption
{
    public static Option<ReportSections?> Sections() => new Option<ReportSections?>("--sections")
    {
        Description = "Sections of the reports to read, by heading: findings,impression; reports without any of them are left out. Default: all.",
    }.ReadBy(ReportSections.Parse);
}
