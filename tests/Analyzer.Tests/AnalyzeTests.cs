using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using MedMoE.Mesh.ServicesUnderTest;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Analyzer.Tests;

public sealed class AnalyzeTests
{
    private static readonly string _image = Golden.PathOf("preprocessing", "gray8_512x640.png");

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public async Task Analyze_GoldenBundle_EqualsReference(Architecture architecture)
    {
        using var files = new GoldenBundle(architecture);
        var images = Golden.Json(files.Name, "io.json").GetProperty("images");
        var reports = Golden.Json(files.Name, "io.json").GetProperty("reports");
        for (var row = 0; row < 2; row++)
        {
            var report = reports[row].GetString()!;
            var result = await Tool.Analyze(
                "--bundle", files.Root, "--image", Golden.PathOf(files.Name, images[row].GetString()!), "--report", report, "--json");
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            using var scope = NewDisposeScope();
            using var golden = Golden.Open(files.Name);
            var json = JsonDocument.Parse(result.Output).RootElement;

            Assert.Equal($"{files.Name}/1", json.GetProperty("model_version").GetString());
            var gate = json.GetProperty("gate");
            var manifest = files.Open().Manifest;
            Assert.Equal("report", gate.GetProperty("policy").GetString());
            Assert.Equal(manifest.Experts[(int)golden["gate.report.selected"][row].item<long>()].Name, gate.GetProperty("expert").GetString());
            AssertNear(golden["gate.report.probabilities"][row], manifest.Experts.Select(e => gate.GetProperty("probabilities").GetProperty(e.Name)));
            AssertNear(golden[$"{row}.global_embedding"], json.GetProperty("image_embedding").EnumerateArray());
            AssertNear(golden[$"{row}.global_similarity"], [json.GetProperty("global_similarity")]);
            AssertNear(golden[$"{row}.local_similarity"], [json.GetProperty("local_similarity")]);
            var words = json.GetProperty("words").EnumerateArray().ToArray();
            AssertNear(golden[$"{row}.word_similarity"], words.Select(w => w.GetProperty("similarity")));
            foreach (var (word, attention) in words.Zip(golden[$"{row}.attention"].unbind()))
            {
                Assert.Equal(word.GetProperty("word").GetString(), report[word.GetProperty("start").GetInt32()..word.GetProperty("end").GetInt32()]);
                // The word's peak is at the maximum of the reference's attention, apart from the rounding of pixels.
                var peak = word.GetProperty("peak").Deserialize<int[]>()!;
                Assert.True(attention[peak[0], peak[1]].item<float>() >= 0.95f * attention.max().item<float>());
            }
        }
    }

    [Fact]
    public async Task Analyze_SectionsOfAReport_ReadsThemWhereTheyStand()
    {
        const string Report = "INDICATION: cough. FINDINGS: small nodule. IMPRESSION: none.";

        var result = await Tool.Analyze("--image", _image, "--report", Report, "--sections", "findings", "--json");

        Assert.Equal(0, result.ExitCode);
        var words = JsonDocument.Parse(result.Output).RootElement.GetProperty("words").EnumerateArray()
            .Select(word => Report[word.GetProperty("start").GetInt32()..word.GetProperty("end").GetInt32()]);
        Assert.Equal(["small", "nodule", "."], words);
    }

    [Theory]
    [InlineData("technique", "the report has no section of technique")]
    [InlineData("lungs", "\"lungs\" is not a known heading")]
    public async Task Analyze_SectionsThatAreNotThere_SaysWhich(string sections, string reason) =>
        (await Tool.Analyze("--image", _image, "--report", "FINDINGS: small nodule.", "--sections", sections)).AssertRefused("--sections", reason);

    [Fact]
    public async Task Analyze_NoBundle_UsesTheDemoAndSaysWhatItIs()
    {
        var result = await Tool.Analyze("--image", _image, "--report", "small nodule");
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("note: medmoe-demo/1: trained on synthetic phantoms", result.Error);
        Assert.Contains("nodule", result.Output);
    }

    [Fact]
    public async Task Analyze_WordsBeyondTheVocabulary_AreCountedAndNotTold()
    {
        var result = await Tool.Analyze("--image", _image, "--report", "There is a \u80ba\u708e \U0001f600 nodule.", "--json");

        result.AssertSucceeded();
        Assert.Contains("note: --report: 3 of 8 words are not in the model's vocabulary; it reads each as [UNK]\n", result.Error);
        Assert.DoesNotContain("\u80ba", result.Error);
        Assert.Equal(3, JsonElement.Parse(result.Output).GetProperty("unknown_words").GetInt32());
        Assert.DoesNotContain("vocabulary", (await Tool.Analyze("--image", _image, "--report", "There is a nodule.")).Error);
    }

    [Fact]
    public async Task Analyze_SixteenBitsThatAreHardlyUsed_NotesIt()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["dark.png"], Golden.TwelveBitsInSixteen(), TestContext.Current.CancellationToken);

        var dark = await Tool.Analyze("--image", folder["dark.png"], "--json");
        var other = await Tool.Analyze("--image", _image, "--json");

        var note = Assert.Single(Notes(dark)).GetString();
        Assert.Contains("sBIT", note);
        Assert.Contains($"note: {folder["dark.png"]}: {note}\n", dark.Error);
        Assert.Empty(Notes(other));
        Assert.DoesNotContain("sBIT", other.Error);

        static IEnumerable<JsonElement> Notes(Tool.Result result) =>
            JsonDocument.Parse(result.Output).RootElement.GetProperty("notes").EnumerateArray();
    }

    [Theory]
    [InlineData("mri", "mri")]
    [InlineData("US", "ultrasound")]
    public async Task Analyze_NamedExpert_RunsIt(string policy, string expert)
    {
        var result = await Tool.Analyze("--image", _image, "--policy", policy, "--json");
        var json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("explicit", json.GetProperty("gate").GetProperty("policy").GetString());
        Assert.Equal(expert, json.GetProperty("gate").GetProperty("expert").GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("global_similarity").ValueKind);
        Assert.Empty(json.GetProperty("words").EnumerateArray());
    }

    [Fact]
    public async Task Analyze_LongReport_SaysThatItWasCut()
    {
        var result = await Tool.Analyze("--image", _image, "--report", string.Join(' ', Enumerable.Repeat("mass", 1000)), "--json");
        var json = JsonDocument.Parse(result.Output).RootElement;
        Assert.True(json.GetProperty("truncated").GetBoolean());
        // The demo bundle has 32 tokens, and [CLS] and [SEP] are no words.
        Assert.Equal(30, json.GetProperty("words").GetArrayLength());
    }

    [Fact]
    public async Task Analyze_BadImage_OneLineNamesFileAndReason()
    {
        using var folder = new TemporaryFolder();
        var jpeg = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "rgb8_400x300.jpg"), TestContext.Current.CancellationToken);
        async Task AssertRefused(string name, byte[] content, string reason)
        {
            File.WriteAllBytes(folder[name], content);
            (await Tool.Analyze("--image", folder[name])).AssertRefused(folder[name], reason);
        }
        await AssertRefused("empty.png", [], "0 bytes");
        await AssertRefused("text.png", "hello"u8.ToArray(), "neither PNG nor JPEG");
        await AssertRefused("cut.jpg", jpeg[..5000], "broken image");
        (await Tool.Analyze("--image", folder["none.png"])).AssertRefused("none.png", "no such file");
        (await Tool.Analyze("--image", folder.Path)).AssertRefused("a folder");
    }

    [Fact]
    public async Task Analyze_BadArguments_OneLine()
    {
        (await Tool.Analyze()).AssertRefused("--image");
        (await Tool.Analyze("--image", _image, "--colour")).AssertRefused("--colour");
        (await Tool.Analyze("--image", _image, "--policy", "report")).AssertRefused("needs a report");
        (await Tool.Analyze("--image", _image, "--policy", "dental")).AssertRefused(
            "unknown expert \"dental\"", "xray (X-ray, CR, DX, RG), ct, mri (MR), ultrasound (US)");
        foreach (var empty in new[] { "", " \n " })
        {
            const string Fault = "--report: no words in it; leave it out to analyse the image alone";
            (await Tool.Analyze("--image", _image, "--report", empty)).AssertRefused(Fault);
            (await Tool.Analyze("--image", _image, "--report", empty, "--server", "localhost:1")).AssertRefused(Fault);
        }
        (await Tool.Analyze("--image", _image, "--overlay", "o.png")).AssertRefused("--report");
        (await Tool.Analyze("--image", _image, "--report", "mass", "--overlay", "/no/such/folder/o.png")).AssertRefused("/no/such/folder");
        (await Tool.Analyze("--image", _image, "--device", "tpu")).AssertRefused("device tpu");
        (await Tool.Analyze("--image", _image, "--bundle", "/no/bundle")).AssertRefused("/no/bundle: no such bundle folder");
    }

    [Fact]
    public async Task Analyze_BadWeights_OneLineNamesFileAndReason()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var path = Path.Combine(files.Root, "experts", "ct", "model.safetensors");
        static int Bytes(TensorSource tensor) => (int)(tensor.Shape.Aggregate(1L, (n, d) => n * d) * tensor.DType.Size());
        Rewrite(path, t => t with { Write = stream => stream.Write([.. Enumerable.Repeat((byte)0xFF, Bytes(t))]) });
        (await Tool.Analyze("--bundle", files.Root, "--image", _image, "--policy", "ct")).AssertRefused(path, "NaN");
        // Other experts are not affected.
        Assert.Equal(0, (await Tool.Analyze("--bundle", files.Root, "--image", _image, "--policy", "mri")).ExitCode);
    }

    [Fact]
    public async Task Gate_ThatTakesOtherEmbeddings_OneLineNamesFileAndTensor()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var path = Path.Combine(files.Root, "gate", "model.safetensors");
        Rewrite(path, t => t.Name != "report.0.weight" ? t : t with
        {
            Shape = [t.Shape[0], 3],
            Write = stream => stream.Write(new byte[3 * t.Shape[0] * t.DType.Size()]),
        });
        var studies = Path.Combine(Golden.Repository, "services", "Trainer", "Demo", "studies");

        (await Tool.Analyze("--bundle", files.Root, "--image", _image)).AssertRefused(path, "report.0.weight takes 3 values");
        (await Tool.Trainer("evaluate", "--bundle", files.Root, "--data", studies)).AssertRefused(path, "report.0.weight takes 3 values");
    }

    /// <summary>Writes a file again with every float tensor changed.</summary>
    private static void Rewrite(string path, Func<TensorSource, TensorSource> change)
    {
        TensorSource[] tensors;
        using (var file = SafetensorsFile.Open(path))
        {
            tensors = [.. file.Tensors.Values.Select(tensor =>
            {
                var bytes = new byte[tensor.Length];
                file.Read(tensor, bytes);
                var source = new TensorSource(tensor.Name, tensor.DType, tensor.Shape, stream => stream.Write(bytes));
                return tensor.DType.IsFloatingPoint() ? change(source) : source;
            })];
        }
        SafetensorsWriter.Write(path, tensors);
    }

    private static void AssertNear(Tensor expected, IEnumerable<JsonElement> actual)
    {
        var error = Close.RelativeError(tensor(actual.Select(a => a.GetSingle()).ToArray()), expected);
        // From the image file, resized pixels may differ by one level.
        Assert.True(error < 2e-3, $"relative error {error:E2}");
    }
}
