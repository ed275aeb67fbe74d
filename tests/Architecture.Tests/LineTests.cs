namespace MedMoE.Mesh.Architecture.Tests;

public sealed class LineTests
{
    /// <summary>As .editorconfig says, which no tool of .NET's checks.</summary>
    private const int Longest = 150;

    [Fact]
    public void Lines_OfEveryFile_AreNotTooLong()
    {
        string[] tooLong =
        [
            .. from folder in (string[])["services", "tests"]
               from file in Directory.EnumerateFiles(Path.Combine(Golden.Repository, folder), "*.cs", SearchOption.AllDirectories)
               from line in File.ReadLines(file).Index()
               where line.Item.Length > Longest
               select $"{Path.GetRelativePath(Golden.Repository, file)}:{line.Index + 1}: {line.Item.Length} characters",
        ];
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }
}
