using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.Evaluation.Output;

/// <summary>The text form of an evaluation.</summary>
internal sealed class EvaluationText
{
    private readonly StringBuilder _text = new();

    public void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    public void Row(string name, double value, FormattableString? detail = null) =>
        Line($"{name,-28} {value,6:F3}{(detail is null ? "" : "   " + detail.ToString(CultureInfo.InvariantCulture))}");

    public override string ToString() => _text.ToString();
}
