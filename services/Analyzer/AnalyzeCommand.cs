using System.CommandLine;
using MedMoE.Mesh.Analyzer.Output;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Drawing;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Analysis;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Analyzer;

/// <summary><c>mesh analyze</c>: analyses one image, with or without a report, with all parts of MedMoE.</summary>
internal sealed class AnalyzeCommand : Command
{
    private readonly Option<string?> _server = new("--server")
    {
        Description = "A running mesh to use, with its bundle, device and precision.",
        HelpName = "HOST:PORT",
    };
    private readonly Option<string?> _bundle = ModelOption.Bundle();
    private readonly Option<string> _image = new("--image")
    {
        Description = "PNG or JPEG file. White of a 16-bit image is 65535 (a note warns if no level reaches 1/8 of it), or the maximum of sBIT. "
            + "EXIF orientation and colour profiles are ignored.",
        Required = true,
    };
    private readonly Option<string?> _report = new("--report") { Description = "Text of the report." };
    private readonly Option<ReportSections?> _sections = new Option<ReportSections?>("--sections")
    {
        Description = "Sections of the report to read, by heading: findings,impression. Default: all. Text beyond the bundle's maximum of tokens "
            + "is cut.",
    }.ReadBy(ReportSections.Parse);
    private readonly Option<string> _policy = new("--policy")
    {
        Description = "How to select the expert: auto (by the report if given, else by the image), report, image, "
            + "or the name of an expert or DICOM modality.",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly Option<string?> _overlay = new("--overlay")
    {
        Description = "Write a PNG: the report, and the image with the attention of each word. Needs --report. Default: none.",
    };
    private readonly Option<string> _theme = new Option<string>("--theme")
    {
        Description = "Background of the overlay.",
        DefaultValueFactory = _ => "dark",
    }.OneOf("dark", "light");
    private readonly Option<string> _scale = new Option<string>("--scale")
    {
        Description = "Colours of the overlay, in multiples of a word's mean attention: image (one scale for all words, from 1 to the highest peak, "
            + "5 at least: an untrained model stays pale) or word (each word's own, from 0 to its peak).",
        DefaultValueFactory = _ => "image",
    }.OneOf("image", "word");
    private readonly Option<string[]> _words = new Option<string[]>("--words")
    {
        Description = "Words of the report to show in the overlay; case does not matter. Default: all, unless there are phrases.",
    }.Listed();
    private readonly Option<string[]> _phrases = new Option<string[]>("--phrases")
    {
        Description = "Phrases of the report to show in the overlay, by the mean attention of their words. Default: none.",
    }.Listed();
    private readonly ConnectionOptions _connection = new();
    private readonly Option<string> _device = ModelOption.Device();
    private readonly Option<string> _precision = ModelOption.Precision();

    public AnalyzeCommand()
        : base("analyze", "Analyses a medical image together with its report.")
    {
        this.AddOptions(
            _server, _bundle, _image, _report, _sections, _policy, _json, _overlay, _theme, _scale, _words, _phrases, _device, _precision);
        this.AddOptions(_connection.All);
        Validators.Add(arguments =>
        {
            // Defaults do not count.
            Option? Given(params Option[] options) => options.FirstOrDefault(o => arguments.GetResult(o) is { Implicit: false });
            if (arguments.GetValue(_server) is not null && Given(_bundle, _device, _precision) is { } local)
            {
                arguments.AddError($"{local.Name} cannot be used with {_server.Name}: the mesh has its own");
            }
            if (Given(_server) is null && Given([.. _connection.All]) is { } remote)
            {
                arguments.AddError($"{remote.Name} needs {_server.Name}");
            }
            if (Given(_overlay) is null && Given(_theme, _scale, _words, _phrases) is { } drawn)
            {
                arguments.AddError($"{drawn.Name} needs {_overlay.Name}: it is about the picture");
            }
        });
        SetAction((arguments, cancellation) => Run(arguments));
    }

    private async Task<int> Run(ParseResult arguments)
    {
        var imagePath = arguments.GetRequiredValue(_image);
        var image = CommandHost.ReadFile(imagePath);
        var report = Report(arguments);
        if (string.IsNullOrWhiteSpace(report) && report is not null)
        {
            throw new InvalidRequestException("--report: no words in it; leave it out to analyse the image alone");
        }
        var overlay = arguments.GetValue(_overlay);
        if (overlay is not null && report is null)
        {
            throw new InvalidRequestException("--overlay needs --report: it shows the attention of the report's words");
        }
        if (overlay is not null && !overlay.EndsWith(".png", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(overlay))
        {
            throw new InvalidRequestException($"--overlay {overlay}: the picture is a PNG; give it a name that ends with .png");
        }
        var (policy, named) = Policy(arguments.GetRequiredValue(_policy));
        var analysis = arguments.GetValue(_server) is { } server
            ? await new RemoteAnalyzer(server, _connection.Read(arguments), imagePath)
                .Analyze(image, report, policy, named, withAttention: overlay is not null)
            : Analyze(arguments, imagePath, image, report, policy, named);

        if (overlay is not null)
        {
            AttentionOverlay.Write(overlay, image, report!, analysis, Style(arguments));
            Console.Error.WriteLine($"wrote {overlay}");
        }
        if (analysis.Notice is not null)
        {
            Console.Error.WriteLine($"note: {analysis.ModelVersion}: {analysis.Notice}");
        }
        foreach (var note in analysis.Notes)
        {
            Console.Error.WriteLine($"note: {imagePath}: {note}");
        }
        if (analysis.Text is { UnknownWords: > 0 } text)
        {
            // Only their number: a report is a patient's.
            Console.Error.WriteLine(
                $"note: --report: {text.UnknownWords} of {text.Words.Count} words are not in the model's vocabulary; it reads each as [UNK]");
        }
        Console.Out.Write(arguments.GetValue(_json) ? AnalysisJson.Format(analysis) : AnalysisText.Format(analysis));
        return 0;
    }

    private ImageAnalysis Analyze(ParseResult arguments, string imagePath, byte[] image, string? report, GatingPolicy policy, string? named)
    {
        var bundle = ModelBundle.Open(arguments.GetValue(_bundle) ?? ModelOption.DemoBundle);
        using var analyzer = new ImageAnalyzer(
            bundle, TorchOptions.Parse(arguments.GetRequiredValue(_device), arguments.GetRequiredValue(_precision)));
        try
        {
            return analyzer.Analyze(image, report, policy, named);
        }
        catch (InvalidImageException e)
        {
            throw new InvalidRequestException($"{imagePath}: {e.Message}");
        }
    }

    private string? Report(ParseResult arguments)
    {
        var report = arguments.GetValue(_report);
        if (arguments.GetValue(_sections) is not { } sections)
        {
            return report;
        }
        return report is null ? throw new InvalidRequestException("--sections needs --report")
            : sections.Pick(report) ?? throw new InvalidRequestException($"--sections: the report has no section of {sections}");
    }

    private OverlayStyle Style(ParseResult arguments) => new(
        arguments.GetValue(_theme) == "light" ? Theme.Light : Theme.Dark,
        arguments.GetValue(_scale) == "image",
        arguments.GetValue(_words) ?? [],
        arguments.GetValue(_phrases) ?? []);

    private static (GatingPolicy Policy, string? Named) Policy(string value) => value.ToLowerInvariant() switch
    {
        "auto" => (GatingPolicy.Auto, null),
        "report" => (GatingPolicy.Report, null),
        "image" => (GatingPolicy.Image, null),
        _ => (GatingPolicy.Explicit, value),
    };
}
