using Google.Protobuf;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.LoadTester.Tests.Configuration;

public sealed class ConfigurationTests : IDisposable
{
    private const string WithoutMessages = """
        "call": "medmoe.mesh.v1.RouterService.Analyze", "host": "h:1", "insecure": true
        """;

    private const string Least = $$"""{{WithoutMessages}}, "binary-file": "f" """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_EveryKey_IsTaken()
    {
        var config = Read($$"""
            {{Least}}, "name": "n", "total": 7, "duration": "1m30s", "max-duration": "2h", "duration-stop": "wait",
            "timeout": "300ms", "connect-timeout": "1.5s", "connections": 3, "skipFirst": 2, "async": true,
            "metadata": {"medmoe-service": "backbone"}, "tags": {"a": "b"},
            "concurrency": 9, "concurrency-schedule": "step", "concurrency-start": 2, "concurrency-end": 8, "concurrency-step": 2,
            "concurrency-step-duration": "5s",
            "rps": 9, "load-schedule": "line", "load-start": 5, "load-end": 50, "load-step": 5, "load-max-duration": "40s"
            """);
        Assert.Equal(("n", "medmoe.mesh.v1.RouterService.Analyze", "h:1", "f"), (config.Name, config.Call, config.Host, config.BinaryFile));
        Assert.Equal(
            (7, TimeSpan.FromSeconds(90), TimeSpan.FromHours(2), DurationStop.Wait),
            (config.Total, config.Duration, config.MaxDuration, config.DurationStop));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1.5), 3, 2, true),
            (config.Timeout, config.ConnectTimeout, config.Connections, config.SkipFirst, config.Async));
        Assert.Equal("backbone", Assert.Single(config.Headers).Value);
        Assert.Equal("b", config.Tags["a"]);
        Assert.Equal(new Schedule(2, ScheduleKind.Step, 2, 8, TimeSpan.FromSeconds(5)), config.Concurrency);
        Assert.Equal(new Schedule(5, ScheduleKind.Line, 5, 50, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(40)), config.Load);
    }

    [Fact]
    public void Read_TheLeast_HasGhzsDefaults()
    {
        var config = Read(Least);
        Assert.Equal((200, null, DurationStop.Close, TimeSpan.FromSeconds(20), 1, new Schedule(50), new Schedule(0), false),
            (config.Total, config.Duration, config.DurationStop, config.Timeout, config.Connections, config.Concurrency, config.Load, config.Async));
    }

    [Theory]
    [InlineData("""{"call": "c"}""", "host: missing")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("{", "not JSON")]
    public void Read_NoConfiguration_SaysWhy(string text, string reason) => AssertRefused(text, reason);

    [Theory]
    [InlineData("\"insecure\": \"no\"", "insecure: not true or false")]
    [InlineData("\"cacert\": \"a.pem\"", "insecure: cannot be true together with cacert or cert")]
    [InlineData("\"cacert\": 1", "cacert: not a string")]
    [InlineData("\"skipTLS\": true", "skipTLS: unknown key")]
    [InlineData("\"data\": {}", "binary-file, data, data-file: exactly one of them is required")]
    [InlineData("\"timeout\": \"10\"", "timeout: \"10\" is not a duration such as 10s")]
    [InlineData("\"timeout\": 10", "timeout: not a string")]
    [InlineData("\"total\": 0", "total: not a whole number of 1 or more")]
    [InlineData("\"total\": 1.5", "total: not a whole number of 1 or more")]
    [InlineData("\"total\": 1e400", "the number 1e400 is out of range")]
    [InlineData("\"total\": 1, \"total\": 2", "not JSON: \"total\" is there twice")]
    [InlineData("\"name\": \"\\ud800\"", "not JSON: a string is not valid Unicode")]
    [InlineData("\"async\": true", "async: an open loop needs a rate")]
    [InlineData("\"async\": \"yes\"", "async: not true or false")]
    [InlineData("\"duration-stop\": \"later\"", "duration-stop: \"later\" is not one of close, wait, ignore")]
    [InlineData("\"load-schedule\": \"line\", \"load-step\": 1", "load-start: must be at least 1")]
    [InlineData("\"load-schedule\": \"step\", \"load-step\": 1, \"load-start\": 1", "load-step-duration: a load-schedule \"step\" needs it")]
    [InlineData("\"load-schedule\": \"line\"", "load-step: a load-schedule \"line\" needs it")]
    [InlineData("\"load-schedule\": \"line\", \"load-step\": 1, \"load-start\": 0", "load-start: must be at least 1")]
    [InlineData("\"metadata\": {\"a\": 1}", "metadata: not an object of strings")]
    public void Read_ABadValue_NamesItsKey(string more, string reason)
    {
        var least = more.Contains("insecure", StringComparison.Ordinal) ? Least.Replace("\"insecure\": true, ", "", StringComparison.Ordinal) : Least;
        AssertRefused($"{{{least}, {more}}}", reason);
    }

    [Fact]
    public void Messages_AsJson_AreThoseOfTheBinaryFile()
    {
        var type = EmbedTextRequest.Descriptor;
        byte[][] expected = [new EmbedTextRequest { Texts = { "a" } }.ToByteArray(), new EmbedTextRequest { Texts = { "b", "c" } }.ToByteArray()];
        const string Json = """[{"texts": ["a"]}, {"texts": ["b", "c"]}]""";
        File.WriteAllText(_folder["data.json"], Json);

        // With the keys for ghz's sources of methods.
        var within = Read($"{WithoutMessages}, \"proto\": \"protos/router.proto\", \"import-paths\": [\"protos\"], \"data\": {Json}");
        var beside = Read($"{WithoutMessages}, \"protoset\": \"all.protoset\", \"data-file\": \"{_folder["data.json"]}\"");
        var one = Read($$"""{{WithoutMessages}}, "data": {"texts": ["a"]}""");

        Assert.Equal(expected, within.Messages(type));
        Assert.Equal(expected, beside.Messages(type));
        Assert.Equal(expected[..1], one.Messages(type));
    }

    [Theory]
    [InlineData(
        """{"texts": ["{{.RequestNumber}}"]}""", "data: has a template ({{…), which only ghz supports; list the messages, or use binary-file")]
    [InlineData("""[{}, {"report": "x"}]""", "data: message 2: not a medmoe.mesh.v1.EmbedTextRequest: Unknown field: report")]
    [InlineData("""{"texts": 7}""", "data: not a medmoe.mesh.v1.EmbedTextRequest: ")]
    [InlineData("[]", "data: no messages")]
    [InlineData("7", "data: not a JSON object")]
    [InlineData("""{"texts": true}""", "data: not a medmoe.mesh.v1.EmbedTextRequest: ")]
    public void Messages_NotOfTheType_SayWhy(string data, string reason)
    {
        var config = Read($"{WithoutMessages}, \"data\": {data}");
        Assert.StartsWith(reason, Assert.Throws<LoadException>(() => config.Messages(EmbedTextRequest.Descriptor)).Message);
    }

    [Theory]
    [InlineData("""{"texts": 1e400}""", "the number 1e400 is out of range")]
    [InlineData("""{"texts": ["a"], "texts": ["b"]}""", "not JSON: \"texts\" is there twice")]
    [InlineData("""{"texts": ["\ud800"]}""", "not JSON: a string is not valid Unicode")]
    [InlineData("""{"texts": ["a"]""", "not JSON: it ends within an object or a list (line 1, column 16)")]
    public void Messages_OfAFileThatIsNoJson_NameItAndSayWhy(string data, string reason)
    {
        File.WriteAllText(_folder["data.json"], data);
        var config = Read($"{WithoutMessages}, \"data-file\": \"{_folder["data.json"]}\"");

        var e = Assert.Throws<LoadException>(() => config.Messages(EmbedTextRequest.Descriptor));

        Assert.StartsWith($"{_folder["data.json"]}: {reason}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("250ms", 0.25)]
    [InlineData("1h2m3.5s", 3723.5)]
    [InlineData("100us", 0.0001)]
    [InlineData("100µs", 0.0001)]
    [InlineData(".5s", 0.5)]
    [InlineData("5", null)]
    [InlineData("-1s", null)]
    [InlineData("1d", null)]
    public void Duration_AsGoWritesIt_IsRead(string text, double? seconds) => Assert.Equal(seconds, GoDuration.TryParse(text)?.TotalSeconds);

    private LoadConfig Read(string keys)
    {
        File.WriteAllText(_folder["load.json"], $"{{{keys}}}");
        return LoadConfigReader.Read(_folder["load.json"]);
    }

    private void AssertRefused(string text, string reason)
    {
        File.WriteAllText(_folder["load.json"], text);
        var e = Assert.Throws<LoadException>(() => LoadConfigReader.Read(_folder["load.json"]));
        Assert.StartsWith($"{_folder["load.json"]}: {reason}", e.Message);
    }
}
