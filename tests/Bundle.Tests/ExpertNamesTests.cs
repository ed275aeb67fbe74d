namespace MedMoE.Mesh.Bundle.Tests;

public sealed class ExpertNamesTests
{
    private static readonly ExpertEntry[] _experts =
    [
        new("xray", "X-ray") { DicomModalities = ["CR", "DX"] }, new("ct", "CT") { DicomModalities = ["CT"] }, new("dx", "Diagnostics"),
    ];

    [Theory]
    [InlineData("xray", 0)]
    [InlineData("X-RAY", 0)]
    [InlineData(" cr ", 0)]
    [InlineData("Ct", 1)]
    // A name goes before another expert's modality.
    [InlineData("DX", 2)]
    [InlineData("x", -1)]
    [InlineData("", -1)]
    public void IndexOfNamed_NameTypeOrModality_InAnyCase(string name, int index) => Assert.Equal(index, _experts.IndexOfNamed(name));

    [Fact]
    public void Listed_NamesWhatCanBeGiven() => Assert.Equal("xray (X-ray, CR, DX), ct, dx (Diagnostics)", _experts.Listed());

    [Theory]
    [InlineData("MaxMesageBytes", "MaxMessageBytes")]
    [InlineData("refreshing", "Refresh")]
    [InlineData("Tmeout", "Timeout")]
    public void Nearest_TypingError_FindsTheName(string typed, string meant) =>
        Assert.Equal(meant, NearestName.To(typed, ["MaxMessageBytes", "MaxEntryBytes", "Refresh", "Timeout", "TimeToLive"]));

    [Theory]
    [InlineData("Foo", "Tls", "Log", "Port")]
    // Dashes make no options alike.
    [InlineData("--foo", "--port", "--json", "--log")]
    [InlineData("--foo")]
    public void Nearest_AnotherWord_IsNone(string typed, params string[] known) => Assert.Null(NearestName.To(typed, known));

    [Fact]
    public void Hint_NamesTheNearestOrAll() => Assert.Equal(
        ("the nearest is pacs", "there are pacs, ris", "there is pacs", "there are none"),
        (NearestName.Hint("pcas", ["pacs", "ris"]), NearestName.Hint("clinic", ["pacs", "ris"]), NearestName.Hint("clinic", ["pacs"]),
            NearestName.Hint("clinic", [])));
}
