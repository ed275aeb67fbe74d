using System.CommandLine;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Fixtures;

namespace MedMoE.Mesh.LoadTester;

/// <summary><c>mesh load fixtures</c>: writes the messages of the repository's loads.</summary>
internal sealed class FixturesCommand : Command
{
    private readonly Option<string> _studies = new("--studies") { Description = "Folder of studies, made by mesh phantoms.", Required = true };
    private readonly Option<string> _out = new("--out") { Description = "Output folder.", Required = true };

    public FixturesCommand()
        : base("fixtures", "Writes the files of messages for the configurations in tests/load.")
    {
        Options.Add(_studies);
        Options.Add(_out);
        SetAction(arguments =>
        {
            var folder = Directory.CreateDirectory(arguments.GetRequiredValue(_out)).FullName;
            foreach (var (name, messages) in FixtureSet.Of(StudyFiles.Read(arguments.GetRequiredValue(_studies))))
            {
                FixtureFile.Write(Path.Combine(folder, $"{name}.bin"), messages);
            }
            return 0;
        });
    }
}
