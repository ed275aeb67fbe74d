using System.CommandLine;
using MedMoE.Mesh.Measuring;

namespace MedMoE.Mesh.GpuCheck;

/// <summary>Makes a <see cref="FullSize"/> bundle.</summary>
internal sealed class FullSizeCommand : Command
{
    private readonly Option<string> _out = new("--out") { Description = "Folder to make.", Required = true };

    public FullSizeCommand()
        : base("full-size", "Makes a bundle of the paper's size whose weights are a function of their names.")
    {
        Options.Add(_out);
        SetAction(arguments => FullSize.Write(arguments.GetRequiredValue(_out)));
    }
}
