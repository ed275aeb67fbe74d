using System.Globalization;
using System.Text;
using MedMoE.Mesh.Model.Analysis;

namespace MedMoE.Mesh.Analyzer.Output;

internal static class AnalysisText
{
    public static string Format(ImageAnalysis analysis)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"model              {analysis.ModelVersion}");
        Gate("expert", analysis.Gate);
        foreach (var other in analysis.Gate.Others)
        {
            Gate("  other gate", other);
        }
        if (analysis.Text is { } report)
        {
            Line($"global similarity  {report.GlobalSimilarity:F4}   cosine of image and report");
            Line($"local similarity   {report.LocalSimilarity:F4}   log-sum-exp over the words");
            Line($"");
            Line($"similarity  looks at (row, column of {analysis.GridSide})  word");
            foreach (var word in report.Words)
            {
                Line($"{word.Similarity,10:F4}  {$"{word.Peak[0]}, {word.Peak[1]}",-30}  {word.Word}");
            }
            if (report.Truncated)
            {
                Line($"The report is longer than the model reads; words after these were cut.");
            }
        }
        return text.ToString();

        void Gate(string label, GateReading gate)
        {
            var probabilities = gate.Probabilities.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value:F3}"));
            Line($"{label,-17}  {gate.Expert}   by {gate.Policy.ToString().ToLowerInvariant()}: {string.Join(", ", probabilities)}");
        }
    }
}
