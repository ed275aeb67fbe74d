using MedMoE.Mesh.Phantoms.Drawing;
using MedMoE.Mesh.Phantoms.Plans;
using MedMoE.Mesh.Phantoms.Reports;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Phantoms;

/// <summary>A finding of a phantom.</summary>
/// <param name="Lesion">What was drawn.</param>
/// <param name="Phrase">The words of the report that name it.</param>
/// <param name="Box">Where it is.</param>
/// <param name="Mask">PNG, 255 where it is, else 0.</param>
internal sealed record PhantomFinding(Lesion Lesion, string Phrase, Box Box, byte[] Mask);

/// <summary>
/// A synthetic study: an image that looks like its type from afar, with lesions of which everything is known, and its report. It shows that
/// the method's parts work together, and nothing about real images.
/// </summary>
/// <param name="Key">Its type and number.</param>
/// <param name="Type">Its type.</param>
/// <param name="Image">PNG of 8 bits, gray.</param>
/// <param name="Report">The report's text.</param>
/// <param name="Findings">None to two.</param>
internal sealed record Phantom(string Key, StudyType Type, byte[] Image, string Report, IReadOnlyList<PhantomFinding> Findings)
{
    /// <summary>Makes a study; it depends on nothing but the arguments.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="seed">Of the set.</param>
    /// <param name="index">In the set.</param>
    /// <param name="size">Pixels on each side.</param>
    public static Phantom Make(StudyType type, int seed, int index, int size)
    {
        var chance = Chance.Of(seed, index);
        var plan = StudyPlan.Draw(chance, type.Kinds, type.Variants);
        var report = new ReportWriter(chance, type.Wording).Write(plan);
        var picture = type.Draw(chance, plan, size);
        return new Phantom(
            $"{type.Name}-{index:D6}",
            type,
            Png(picture.Levels.ToGray(), size),
            report.Text,
            [.. plan.Lesions.Select((lesion, i) => Finding(lesion, report.Phrases[i], picture.Masks[i], size))]);
    }

    private static PhantomFinding Finding(Lesion lesion, string phrase, Plane cover, int size)
    {
        var mask = new byte[cover.Values.Length];
        var (left, top, right, bottom) = (size, size, 0, 0);
        for (var i = 0; i < mask.Length; i++)
        {
            if (cover.Values[i] > 0.5f)
            {
                mask[i] = 255;
                (left, right) = (Math.Min(left, i % size), Math.Max(right, (i % size) + 1));
                (top, bottom) = (Math.Min(top, i / size), Math.Max(bottom, (i / size) + 1));
            }
        }
        return new PhantomFinding(lesion, phrase, new Box(left, top, right - left, bottom - top), Png(mask, size));
    }

    private static byte[] Png(byte[] gray, int size)
    {
        using var image = NetVips.Image.NewFromMemoryCopy(gray, size, size, 1, NetVips.Enums.BandFormat.Uchar);
        return image.PngsaveBuffer(compression: 5);
    }
}
