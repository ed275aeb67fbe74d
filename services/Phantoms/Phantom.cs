using MedMoE.Mesh.Phantoms.Drawing;
using MedMoE.Mesh.Phantoms.Plans;
using MedMoE.Mesh.Phantoms.Reports;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Phantoms;

/// <summary>A lesion, the words of the report that name it, its bounding box, and its mask: a PNG, 255 inside, else 0.</summary>
internal sealed record PhantomFinding(Lesion Lesion, string Phrase, Box Box, byte[] Mask);

/// <summary>
/// A synthetic study: an image (PNG, 8 bits, gray) that roughly looks like its type, with known lesions, and its report. It shows that the parts of
/// the method work together, and nothing about real images.
/// </summary>
internal sealed record Phantom(string Key, StudyType Type, byte[] Image, string Report, IReadOnlyList<PhantomFinding> Findings)
{
    /// <summary>Makes a study, which depends only on the arguments.</summary>
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
