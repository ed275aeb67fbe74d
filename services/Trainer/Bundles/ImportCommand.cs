using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Trainer.Bundles;

/// <summary><c>mesh bundle import</c>: converts existing weights to a bundle; a missing gate or experts get fresh weights.</summary>
internal sealed class ImportCommand : Command
{
    private readonly Option<string> _swin = new("--swin") { Description = "Hugging Face folder of a Swin Transformer.", Required = true };
    private readonly Option<string> _bert = new("--bert") { Description = "Hugging Face folder of a BERT encoder.", Required = true };
    private readonly Option<string?> _checkpoint = new("--checkpoint")
    {
        Description = "Checkpoint of MedCLIP or of MedMoE's released code, with the weights of all networks; "
            + "the folders then give only configurations and vocabulary.",
    };
    private readonly Option<string[]> _experts = new Option<string[]>("--experts")
    {
        Description = "Names of the experts. Default, for a checkpoint of the released code: xray,ct,mri,ultrasound,pathology,fundus.",
    }.Listed().Distinct();
    private readonly Option<string> _out = new("--out") { Description = "Folder to create; must not exist, or be empty.", Required = true };
    private readonly Option<string?> _name = new("--name") { Description = "Name of the model. Default: the folder's." };
    private readonly Option<string?> _notice = new("--notice")
    {
        Description = "Notice that every answer of the model carries. Default: which parts are fresh and not trained.",
    };
    private readonly Option<string?> _architecture = new Option<string?>("--architecture")
    {
        Description = "Reading of MedMoE; reference is the released code's. Default: paper, or reference if the checkpoint has experts.",
    }.OneOf("paper", "reference");
    private readonly Option<int?> _bottleneck = new("--bottleneck")
    {
        Description = "Channels between an expert's convolutions (paper). Default: a third of the embedding, 256 for 768.",
    };
    private readonly Option<int> _maxTokens = new("--max-tokens") { Description = "Maximum tokens of a report.", DefaultValueFactory = _ => 25 };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the fresh weights.", DefaultValueFactory = _ => 0 };

    public ImportCommand()
        : base("import", "Creates a bundle from existing weights: Hugging Face folders (model.safetensors, pytorch_model.bin, or either in "
            + "shards with their index) or a PyTorch checkpoint. No code of a file is run: a file with more than tensors, ordered dicts and plain "
            + "values is refused. Prints what is left out, and each setting of preprocessor_config.json that a bundle does not follow.")
    {
        this.AddOptions(_swin, _bert, _checkpoint, _experts, _out, _name, _notice, _architecture, _bottleneck, _maxTokens, _seed);
        _maxTokens.RequireAtLeast(3);
        SetAction(arguments =>
        {
            var folder = arguments.GetRequiredValue(_out);
            var notes = BundleImport.Run(new ImportRequest(
                arguments.GetRequiredValue(_swin),
                arguments.GetRequiredValue(_bert),
                arguments.GetValue(_checkpoint),
                arguments.GetValue(_experts) is { Length: > 0 } experts ? experts : null,
                folder,
                arguments.GetValue(_name) ?? BundleFolder.NameOf(folder),
                arguments.GetValue(_notice),
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
            Console.Out.WriteLine($"created {folder}; inspect it with: ./mesh bundle check {folder}");
            return 0;
        });
    }
}
