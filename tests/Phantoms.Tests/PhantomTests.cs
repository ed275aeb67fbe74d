using System.Collections.Concurrent;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Phantoms.Plans;

namespace MedMoE.Mesh.Phantoms.Tests;

public class PhantomTests
{
    private const int Size = 224;
    private const int Studies = 120;

    /// <summary>Minimum extent of a lesion.</summary>
    private const int SmallestLesion = 13;

    private static readonly ConcurrentDictionary<string, Lazy<Phantom[]>> _many = new();

    public static TheoryData<string> Types => [.. StudyType.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Make_SameSeedAndIndex_SameBytesAndWords(string type)
    {
        var (one, two) = (Study(type, seed: 3, index: 17), Study(type, seed: 3, index: 17));

        Assert.Equal(one.Image, two.Image);
        Assert.Equal(one.Report, two.Report);
        Assert.Equal(one.Findings.Select(f => f.Mask), two.Findings.Select(f => f.Mask));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Make_OtherSeedOrIndex_AnotherStudy(string type)
    {
        var study = Study(type, seed: 3, index: 17);

        Assert.NotEqual(study.Image, Study(type, seed: 4, index: 17).Image);
        Assert.NotEqual(study.Image, Study(type, seed: 3, index: 18).Image);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(300)]
    public void Make_OtherSize_ImageAndMasksHaveIt(int size)
    {
        foreach (var type in StudyType.All)
        {
            var study = Phantom.Make(type, seed: 1, index: Enumerable.Range(0, 100).First(i => Study(type.Name, 1, i).Findings.Count > 0), size);
            var images = study.Findings.Select(f => f.Mask).Prepend(study.Image).Select(png => new ImageDecoder().Decode(png));
            Assert.All(images, image => Assert.Equal((size, size, 1, 255), (image.Width, image.Height, image.Channels, image.MaxLevel)));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Findings_OfManyStudies_MaskFillsItsBoxAndNoPixelIsHalf(string type)
    {
        foreach (var finding in Many(type).SelectMany(s => s.Findings))
        {
            var pixels = Pixels(finding.Mask);
            var box = finding.Box;
            var inside = Enumerable.Range(0, pixels.Length).Where(i => pixels[i] > 127).Select(i => (X: i % Size, Y: i / Size)).ToArray();

            Assert.All(pixels, level => Assert.True(level is 0 or 255));
            Assert.Equal((box.Left, box.Left + box.Width - 1), (inside.Min(p => p.X), inside.Max(p => p.X)));
            Assert.Equal((box.Top, box.Top + box.Height - 1), (inside.Min(p => p.Y), inside.Max(p => p.Y)));
            Assert.True(Math.Min(box.Width, box.Height) >= SmallestLesion, $"{finding.Lesion} is {box.Width}×{box.Height}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Findings_WithASide_LieOnItInRadiologicalConvention(string type)
    {
        foreach (var finding in Many(type).SelectMany(s => s.Findings).Where(f => f.Lesion.Side is not null))
        {
            var (x, _) = Centroid(finding.Mask);
            // The patient's left is on the right of the picture.
            Assert.Equal(finding.Lesion.Side == Side.Left, x > Size / 2);
        }
    }

    [Theory]
    [InlineData("xray", "upper", "middle", "lower")]
    [InlineData("ct", "anterior", "posterior")]
    [InlineData("mri", "frontal", "parietal", "occipital")]
    [InlineData("ultrasound", "near", "middle", "far")]
    public void Findings_OfZonesFromTheTop_LieBelowEachOther(string type, params string[] zones)
    {
        var rows = Many(type).SelectMany(s => s.Findings).Where(f => f.Lesion.Kind.Zones.Count == zones.Length)
            .GroupBy(f => f.Lesion.Zone, f => Centroid(f.Mask).Y).ToDictionary(g => g.Key, g => g.ToArray());

        Assert.Equal(zones.Order(), rows.Keys.Order());
        for (var i = 1; i < zones.Length; i++)
        {
            Assert.True(rows[zones[i - 1]].Max() < rows[zones[i]].Min(), $"{zones[i - 1]} reaches below {zones[i]}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Findings_OfOneKind_AreClearlyLargerWhereTheReportSaysSo(string type)
    {
        var areas = Many(type).SelectMany(s => s.Findings).GroupBy(f => f.Lesion.Kind.Name).Select(kind => Enum.GetValues<LesionSize>()
            .Select(size => kind.Where(f => f.Lesion.Size == size).Select(f => Pixels(f.Mask).Count(p => p > 0)).DefaultIfEmpty(-1).Average())
            .ToArray());

        Assert.All(areas, area => Assert.True(area[0] > 0 && area[1] > 1.12 * area[0] && area[2] > 1.12 * area[1], string.Join(", ", area)));
    }

    /// <summary>Draws the same patient with and without the lesion: it is visible where the pictures differ.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Draw_WithAndWithoutALesion_DiffersInTheMask(string type)
    {
        var study = StudyType.All.Single(t => t.Name == type);
        foreach (var kind in study.Kinds)
        {
            foreach (var size in Enum.GetValues<LesionSize>())
            {
                var variant = kind.Variant ?? study.Variants[(int)size % study.Variants.Count];
                var lesion = new Lesion(kind, kind.HasSide ? Side.Left : null, kind.Zones[0], size);
                var ill = study.Draw(Chance.Of(5, (int)size), new StudyPlan(variant, [lesion]), Size);
                var well = study.Draw(Chance.Of(5, (int)size), new StudyPlan(variant, []), Size);
                var mask = ill.Masks.Single().Values;
                var change = ill.Levels.ToGray().Zip(well.Levels.ToGray(), (a, b) => Math.Abs(a - b)).ToArray();
                double Mean(bool inMask) => Enumerable.Range(0, mask.Length).Where(i => mask[i] > 0.5f == inMask).Average(i => change[i]);

                Assert.True(Mean(true) > 20, $"{size} {kind.Name} is hardly seen: {Mean(true):F1} gray levels");
                // The mask of an enlarged heart covers all of it, not only the growth.
                var seen = Enumerable.Range(0, mask.Length).Where(i => mask[i] > 0.5f).Average(i => change[i] > 5 ? 1.0 : 0);
                Assert.True(seen > (kind.HasSide ? 0.85 : 0.4), $"{size} {kind.Name} is not seen in all of its mask: {seen:P0}");
                Assert.True(
                    Mean(true) > 6 * Mean(false), $"{size} {kind.Name} is seen outside of its mask: {Mean(false):F1} against {Mean(true):F1}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Plans_OfManyStudies_HoldEveryKindAndNormals(string type)
    {
        var studies = Many(type);
        var kinds = studies.SelectMany(s => s.Findings).Select(f => f.Lesion.Kind.Name).Distinct();

        Assert.Equal(StudyType.All.Single(t => t.Name == type).Kinds.Select(k => k.Name).Order(), kinds.Order());
        Assert.InRange(studies.Count(s => s.Findings.Count == 0), 0.05 * Studies, 0.3 * Studies);
        Assert.Contains(studies, s => s.Findings.Count == 2);
    }

    private static Phantom Study(string type, int seed, int index) => Phantom.Make(StudyType.All.Single(t => t.Name == type), seed, index, Size);

    private static Phantom[] Many(string type) => _many.GetOrAdd(type, _ => new Lazy<Phantom[]>(() =>
        [.. Enumerable.Range(0, Studies).AsParallel().AsOrdered().Select(i => Study(type, seed: 11, index: i))])).Value;

    private static float[] Pixels(byte[] png) => new ImageDecoder().Decode(png).Planes;

    private static (double X, double Y) Centroid(byte[] mask)
    {
        var pixels = Pixels(mask);
        var inside = Enumerable.Range(0, pixels.Length).Where(i => pixels[i] > 127).ToArray();
        return (inside.Average(i => i % Size), inside.Average(i => i / Size));
    }
}
