using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Versions;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh deploy</c>: runs another version of the model beside the one that serves.</summary>
internal sealed class DeployCommand : Command
{
    private readonly Option<string> _bundle = new("--bundle")
    {
        Description = "Folder of the candidate's bundle. Its name and version are those of no other bundle with other weights.",
        HelpName = "FOLDER",
        Required = true,
    };
    private readonly Option<double> _weight = new("--weight")
    {
        Description = "Percentage of the calls that it answers. Default: 0, only those with the header medmoe-version.",
        HelpName = "PERCENT",
    };
    private readonly Option<bool> _shadow = new("--shadow")
    {
        Description = "It gets copies of calls. Its answers go nowhere; the gateway's metrics compare them.",
    };
    private readonly Option<string> _name = NameOption.Create();

    public DeployCommand()
        : base(
            "deploy",
            "Runs another version of the model beside the one that serves, as a candidate: a router, and the services whose weights differ. "
            + "Again with the same bundle: changes its share of the calls. Waits until it answers.")
    {
        _weight.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and <= 100))
            {
                result.AddError("--weight: must be from 0 to 100");
            }
        });
        Validators.Add(result =>
        {
            if (result.GetValue(_shadow) && result.GetValue(_weight) > 0)
            {
                result.AddError("--weight and --shadow: it can be only one of them");
            }
        });
        this.AddOptions(_bundle, _weight, _shadow, _name);
        SetAction(async (arguments, cancellation) =>
        {
            var bundle = ModelBundle.Open(arguments.GetRequiredValue(_bundle));
            using var mesh = new ControlClient(arguments.GetRequiredValue(_name));
            var status = await mesh.Deploy(
                new DeployRequest(Path.GetFullPath(bundle.Root), arguments.GetValue(_weight), arguments.GetValue(_shadow)), cancellation);
            await Console.Out.WriteLineAsync(VersionTable.Format(status.Versions));
            return 0;
        });
    }
}
