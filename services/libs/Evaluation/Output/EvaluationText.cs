using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.Evaluation.Output;

/// <summary>An evaluation for people to read, line by line.</summary>
internal sealed class EvaluationText
{
    private readonly StringBuilder _text = new();

    public void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    public void Row(string name, double value, FormattableString? detail = null) =>
        Line($"{name,-28} {value,6:F3}{(detail is null ? "" : "   " + detail.ToString(CultureInfo.InvariantCulture))}");

    public override string ToString() => _text.ToString();
}
