using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>Collects the findings that can be grounded: their phrase has words that the model reads, and their region has pixels.</summary>
internal sealed class StudyPhrases
{
    private readonly ImageDecoder _decoder = new();
    private readonly List<string> _leftOut = [];
    private int _findings;

    public Phrase[] Of(Study study, EncodedText report)
    {
        var phrases = new List<Phrase>();
        _findings += study.Findings.Count;
        foreach (var finding in study.Findings)
        {
            var words = report.WordsOf(finding.Phrase, study.Report);
            if (words.Length == 0)
            {
                _leftOut.Add($"{study.Key}: the phrase of {finding.Name} is not in the part of the report that the model reads");
            }
            else if (RegionOf(study, finding, out var fault) is { } region)
            {
                phrases.Add(new Phrase(finding.Name, finding.Phrase, words, region));
            }
            else
            {
                _leftOut.Add($"{study.Key}: {fault}");
            }
        }
        return [.. phrases];
    }

    public void Note(EvaluationNotes notes)
    {
        notes.Add("grounding: phrases left out", _leftOut);
        if (_findings == 0)
        {
            notes.Add("grounding: no findings in the data");
        }
    }

    private Region? RegionOf(Study study, Finding finding, out string? fault)
    {
        fault = null;
        try
        {
            var image = BadRecordException.Guard("image", () => _decoder.Open(study.Image));
            var region = finding.Mask is { } mask ? BadRecordException.Guard("mask", () => Region.OfMask(_decoder.Decode(mask)))
                : Region.OfBox(finding.Box, (int)image.Width, (int)image.Height);
            if (region.Width != image.Width || region.Height != image.Height)
            {
                fault = $"mask of {finding.Name} has {region.Width}×{region.Height} pixels, its image {image.Width}×{image.Height}";
                return null;
            }
            fault = region.Area > 0 ? null : $"mask or box of {finding.Name} is empty";
            return region.Area > 0 ? region : null;
        }
        catch (BadRecordException e)
        {
            fault = $"mask of {finding.Name}: {e.Message}";
            return null;
        }
    }
}
