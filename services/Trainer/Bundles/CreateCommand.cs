using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.Trainer.Options;

namespace MedMoE.Mesh.Trainer.Bundles;

/// <summary><c>mesh bundle create</c>: creates a bundle with fresh weights of any size, for training from scratch.</summary>
internal sealed class CreateCommand : Command
{
    private readonly Option<string> _swin = new("--swin") { Description = "config.json of a Swin Transformer (Hugging Face).", Required = true };
    private readonly Option<string> _bert = new("--bert")
    {
        Description = "config.json of a BERT encoder (Hugging Face); its vocab_size is replaced.",
        Required = true,
    };
    private readonly Option<string[]> _experts =
        new Option<string[]>("--experts") { Description = "Names of the experts.", Required = true }.Listed().Distinct();
    private readonly Option<string> _data = new("--data") { Description = "Data set from whose reports the vocabulary is built.", Required = true };
    private readonly Option<ReportSections?> _sections = StudyOption.Sections();
    private readonly Option<string> _out = new("--out") { Description = "Folder to create; must not exist, or be empty.", Required = true };
    private readonly Option<string?> _name = new("--name") { Description = "Name of the model. Default: the folder's." };
    private readonly Option<string?> _notice = new("--notice") { Description = "Notice for users of the model's answers." };
    private readonly Option<int> _vocabulary = new("--vocabulary") { Description = "Maximum vocabulary size.", DefaultValueFactory = _ => 30000 };
    private readonly Option<int?> _bottleneck = new("--bottleneck")
    {
        Description = "Channels between an expert's convolutions. Default: a third of the embedding, 256 for 768.",
    };
    private readonly Option<int> _maxTokens = new("--max-tokens") { Description = "Maximum tokens of a report.", DefaultValueFactory = _ => 25 };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the weights.", DefaultValueFactory = _ => 0 };

    public CreateCommand()
        : base("create", "Creates a bundle with fresh weights of any size, for training from scratch. An example:\n"
            + "./mesh bundle create --swin services/Trainer/Demo/swin.json --bert services/Trainer/Demo/bert.json \\\n"
            + "--experts xray,ct,mri,ultrasound --data services/Trainer/Demo/studies --out artifacts/fresh")
    {
        this.AddOptions(_swin, _bert, _experts, _data, _sections, _out, _name, _notice, _vocabulary, _bottleneck, _maxTokens, _seed);
        _vocabulary.RequireAtLeast(1);
        _maxTokens.RequireAtLeast(3);
        SetAction(Run);
    }

    private int Run(ParseResult arguments)
    {
        var folder = arguments.GetRequiredValue(_out);
        ExpertEntry[] experts = [.. arguments.GetRequiredValue(_experts).Select(BundleImport.Entry)];
        var source = StudySource.Open(arguments.GetRequiredValue(_data), experts, arguments.GetValue(_sections));
        var maxTokens = arguments.GetValue(_maxTokens);
        var skipped = new SkippedRecords();
        var first = new List<string>();
        var vocabulary = VocabularyBuilder.Build(Reports(source, skipped, first), arguments.GetValue(_vocabulary));
        if (first.Count == 0)
        {
            throw new StudyDataException($"{source.Name}: it has no report for the vocabulary; left out: {skipped}");
        }
        BundleCreation.Run(new CreationRequest(
            arguments.GetRequiredValue(_swin),
            arguments.GetRequiredValue(_bert),
            vocabulary,
            folder,
            dim => new BundleManifest
            {
                FormatVersion = BundleManifest.FirstFormat,
                Name = arguments.GetValue(_name) ?? BundleFolder.NameOf(folder),
                Version = "1",
                Notice = arguments.GetValue(_notice),
                Architecture = Architecture.Paper,
                EmbeddingDim = dim,
                Expert = arguments.GetValue(_bottleneck) is { } bottleneck ? new ExpertSettings(bottleneck) : ExpertSettings.For(dim),
                Experts = experts,
                Text = new TextSettings(MaxTokens: maxTokens),
            },
            arguments.GetValue(_seed)));
        if (skipped.Count > 0)
        {
            Console.Error.WriteLine($"left out of the vocabulary: {skipped}");
        }
        var tokenizer = BertTokenizer.Read(Path.Combine(folder, BundlePart.Text.Folder), vocabulary.Count);
        foreach (var line in TextSurvey.OfFirst(first, tokenizer, maxTokens))
        {
            Console.Error.WriteLine(line);
        }
        Console.Out.WriteLine($"created {folder}; inspect it with: ./mesh bundle check {folder}");
        return 0;
    }

    /// <summary>All reports; the first of them are also kept.</summary>
    private static IEnumerable<string> Reports(StudySource source, SkippedRecords skipped, List<string> first)
    {
        foreach (var study in source.ReadAll(skipped))
        {
            if (first.Count < TextSurvey.First)
            {
                first.Add(study.Report);
            }
            yield return study.Report;
        }
    }
}
