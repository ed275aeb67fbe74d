using System.CommandLine;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Fixtures;

namespace MedMoE.Mesh.LoadTester;

/// <summary><c>mesh load fixtures</c>: makes the messages of the repository's loads.</summary>
internal sealed class FixturesCommand : Command
{
    private readonly Option<string> _studies = new("--studies") { Description = "Folder of studies, as mesh phantoms makes it.", Required = true };
    private readonly Option<string> _out = new("--out") { Description = "Folder for the files.", Required = true };

    public FixturesCommand()
        : base("fixtures", "Makes the files of messages that the configurations in tests/load send.")
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
