using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Trainer.Bundles;

/// <summary><c>mesh bundle import</c>: a bundle of weights that others made; what they lack of gate and experts starts fresh.</summary>
internal sealed class ImportCommand : Command
{
    private readonly Option<string> _swin = new("--swin") { Description = "Hugging Face folder of a Swin Transformer.", Required = true };

    private readonly Option<string> _bert = new("--bert") { Description = "Hugging Face folder of a BERT encoder.", Required = true };

    private readonly Option<string?> _checkpoint = new("--checkpoint")
    {
        Description = "MedCLIP's checkpoint or one of MedMoE's released code: the weights of all networks; "
            + "the folders then give configurations and vocabulary alone.",
    };

    private readonly Option<string?> _experts = new("--experts")
    {
        Description = "Names of the experts, separated by commas. "
            + "Default, for a checkpoint of the released code: xray,ct,mri,ultrasound,pathology,fundus.",
    };

    private readonly Option<string> _out = new("--out") { Description = "Folder to make; must not be there, or be empty.", Required = true };

    private readonly Option<string?> _name = new("--name") { Description = "Name of the model. Default: the folder's." };

    private readonly Option<string?> _architecture = new Option<string?>("--architecture")
    {
        Description = "Which reading of MedMoE; reference is the released code's. Default: paper, or reference where a checkpoint has experts.",
    }.AcceptOnlyFromAmong("paper", "reference");

    private readonly Option<int?> _bottleneck = new("--bottleneck")
    {
        Description = "Channels between an expert's convolutions (paper). Default: a third of the embedding, 256 for 768.",
    };

    private readonly Option<int> _maxTokens = new("--max-tokens") { Description = "Tokens of a report.", DefaultValueFactory = _ => 25 };

    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the fresh weights.", DefaultValueFactory = _ => 0 };

    public ImportCommand()
        : base("import", "Makes a bundle from weights that others made: Hugging Face folders (model.safetensors, pytorch_model.bin, or either in "
            + "shards with their index) or a PyTorch checkpoint. Nothing of a file is run: one that holds more than tensors, ordered dicts and plain "
            + "values is refused. What is left out, and each setting of preprocessor_config.json that a bundle does not follow, is printed.")
    {
        this.AddOptions(_swin, _bert, _checkpoint, _experts, _out, _name, _architecture, _bottleneck, _maxTokens, _seed);
        SetAction(arguments =>
        {
            var folder = arguments.GetRequiredValue(_out);
            var notes = BundleImport.Run(new ImportRequest(
                arguments.GetRequiredValue(_swin),
                arguments.GetRequiredValue(_bert),
                arguments.GetValue(_checkpoint),
                arguments.GetValue(_experts)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                folder,
                arguments.GetValue(_name) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
                arguments.GetValue(_architecture) is { } architecture ? Enum.Parse<Architecture>(architecture, ignoreCase: true) : null,
                arguments.GetValue(_bottleneck),
                arguments.GetValue(_maxTokens),
                arguments.GetValue(_seed)));
            if (TokenizerImport.Decision(arguments.GetRequiredValue(_bert)) is { } decision)
            {
                Console.Out.WriteLine(decision);
            }
            foreach (var note in notes)
            {
                Console.Out.WriteLine($"note: {note}");
            }
            Console.Out.WriteLine($"made {folder}; see it with: mesh bundle check {folder}");
            return 0;
        });
    }
}
