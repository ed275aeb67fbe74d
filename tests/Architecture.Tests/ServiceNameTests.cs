using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Architecture.Tests;

public sealed partial class ServiceNameTests
{
    /// <summary>Only the catalogue names services; renamed settings must accept the old and the new name.</summary>
    [Fact]
    public void NameOfAService_StandsInTheCatalogueAlone()
    {
        var named = SourceProject.All.SelectMany(project => project.Files)
            .Where(file => Name().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetFileName(file))
            .Order();
        Assert.Equal(["RenamedSettings.cs", "ServiceCatalog.cs"], named);
    }

    // In code, not in documentation.
    [GeneratedRegex("^(?!\\s*//).*\"[^\"]*\\btext-encoder\\b", RegexOptions.Multiline)]
    private static partial Regex Name();
}
