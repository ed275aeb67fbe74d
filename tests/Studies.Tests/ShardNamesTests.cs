
namespace MedMoE.Mesh.Studies.Tests;

public sealed class ShardNamesTests
{
    [Theory]
    [InlineData("a-{000..002}.tar", "a-000.tar a-001.tar a-002.tar")]
    [InlineData("a-{8..11}.tar", "a-8.tar a-9.tar a-10.tar a-11.tar")]
    [InlineData("a-{08..11}.tar", "a-08.tar a-09.tar a-10.tar a-11.tar")]
    [InlineData("a-{8..011}.tar", "a-008.tar a-009.tar a-010.tar a-011.tar")]
    [InlineData("{1..2}-{0..1}.tar", "1-0.tar 1-1.tar 2-0.tar 2-1.tar")]
    [InlineData("b.tar, a-{0..1}.tar", "b.tar a-0.tar a-1.tar")]
    [InlineData("a-{0..0}.tar,a-{0..1}.tar", "a-0.tar a-0.tar a-1.tar")]
    public void Expand_Ranges_GivesNamesAsBashDoes(string pattern, string expected)
    {
        using var folder = new TemporaryFolder();
        string[] names = expected.Split(' ');
        foreach (var name in names)
        {
            File.WriteAllBytes(folder[name], []);
        }

        var expanded = ShardNames.Expand(string.Join(',', pattern.Split(',', StringSplitOptions.TrimEntries).Select(part => folder[part])));

        Assert.Equal(names.Select(name => folder[name]), expanded);
    }

    [Fact]
    public void Expand_MissingShard_IsNamedBeforeTheRestIsLookedFor()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a-0.tar"], []);
        File.WriteAllBytes(folder["a-2.tar"], []);

        var e = Assert.Throws<StudyDataException>(() => ShardNames.Expand(folder["a-{0..999999999}.tar"]));

        Assert.StartsWith(folder["a-1.tar"] + ": no such shard", e.Message);
    }

    [Fact]
    public void Expand_RangeThatRunsBackwards_IsRefused() =>
        Assert.Contains("{3..1} is not a range", Assert.Throws<StudyDataException>(() => ShardNames.Expand("a-{3..1}.tar")).Message);
}
