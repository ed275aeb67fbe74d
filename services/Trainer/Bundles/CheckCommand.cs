using System.CommandLine;
using System.Globalization;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Model.Bundles;

namespace MedMoE.Mesh.Trainer.Bundles;

/// <summary><c>mesh bundle check DIR</c>: what is in a bundle, and every fault of it. Exit code 2 where there is one.</summary>
internal sealed class CheckCommand : Command
{
    private readonly Argument<string> _folder = new("DIR") { Description = "Folder of the bundle." };

    public CheckCommand()
        : base("check", "Shows what is in a bundle, parameters and digests of its parts, and every fault.")
    {
        Arguments.Add(_folder);
        SetAction(arguments =>
        {
            var inspection = BundleInspection.Of(arguments.GetRequiredValue(_folder));
            Print(inspection, Console.Out);
            return inspection.Faults.Count == 0 ? 0 : CommandHost.UserError;
        });
    }

    private static void Print(BundleInspection inspection, TextWriter output)
    {
        void Line(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        if (inspection.Manifest is { } manifest)
        {
            var architecture = manifest.Architecture.ToString().ToLowerInvariant();
            Line($"{manifest.ModelVersion}: architecture {architecture}, D = {manifest.EmbeddingDim}, {manifest.Experts.Count} experts");
            if (manifest.Notice is not null)
            {
                Line($"note: {manifest.Notice}");
            }
            Line($"");
            Line($"{"part",-20} {"tensors",8} {"parameters",12} {"multiply-adds",14}  sha256 (with {Bundle.ModelBundle.ManifestFile})");
            foreach (var part in inspection.Parts)
            {
                Line($"{part.Name,-20} {part.Tensors,8} {part.Parameters,12:N0} {Work(part.MultiplyAdds),14}  {part.Digest}");
            }
            if (inspection.ImageSide is { } image)
            {
                Line($"");
                var work = $"the backbone's {Work(image.BackboneWork)} multiply-adds and one expert's {Work(image.ExpertWork)}";
                var share = (double)image.ExpertWork / image.BackboneWork;
                Line($"image side: {image.Parameters:N0} parameters in backbone and experts; for an image {work}, {share:P0} of them");
            }
            Line($"");
        }
        foreach (var fault in inspection.Faults)
        {
            Line($"fault: {fault}");
        }
        Line($"{(inspection.Faults.Count == 0 ? "no faults" : inspection.Faults.Count == 1 ? "1 fault" : $"{inspection.Faults.Count} faults")}");
    }

    private static string Work(long multiplyAdds) => multiplyAdds switch
    {
        0 => "",
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{multiplyAdds / 1e6:F2} M"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{multiplyAdds / 1e6:F0} M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{multiplyAdds / 1e9:F2} G"),
    };
}
