using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Trainer.Bundles.Import;

namespace MedMoE.Mesh.Trainer.Tests.Bundles;

public sealed class PreprocessorConfigTests : IDisposable
{
    /// <summary>The file published with Swin's weights.</summary>
    private const string SwinsOwn = """
        {
          "do_normalize": true, "do_rescale": true, "do_resize": true, "image_processor_type": "ViTImageProcessor",
          "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "rescale_factor": 0.00392156862745098,
          "size": { "height": 224, "width": 224 }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(SwinsOwn)]
    [InlineData("""{ "do_normalize": true, "do_resize": true, "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": 224 }""")]
    [InlineData("""{ "do_center_crop": false, "do_convert_rgb": true, "do_pad": false, "size": [224, 224], "resample": null }""")]
    [InlineData("{}")]
    public void Read_WhatABundleDoesToo_NeedsNoLine(string json)
    {
        var (settings, notes) = Read(json);
        Assert.Empty(notes);
        Assert.Equal(new ImageSettings().Mean, settings.Mean);
        Assert.Equal(new ImageSettings().Std, settings.Std);
    }

    [Theory]
    [InlineData("do_center_crop", "true", "images are not cropped")]
    [InlineData("do_resize", "false", "resized to 224 × 224")]
    [InlineData("do_convert_rgb", "false", "RGB")]
    [InlineData("do_flip_channel_order", "true", "not supported")]
    [InlineData("do_pad", "true", "not supported")]
    [InlineData("do_thumbnail", "true", "not supported")]
    [InlineData("crop_pct", "0.875", "images are not cropped")]
    [InlineData("resample", "2", "bicubic")]
    [InlineData("resample", "0", "bicubic")]
    [InlineData("size", "384", "224 × 224")]
    [InlineData("size", """{ "height": 384, "width": 384 }""", "224 × 224")]
    [InlineData("size", """{ "height": 224, "width": 256 }""", "224 × 224")]
    [InlineData("size", """{ "shortest_edge": 224 }""", "224 × 224")]
    [InlineData("do_normalize", "false", "image.mean 0 and image.std 1")]
    [InlineData("rescale_factor", "1", "image.mean [0.00190196")]
    [InlineData("do_rescale", "false", "image.mean [0.00190196")]
    public void Read_SettingThatIsNotFollowed_OneLineNamesIt(string name, string value, string instead)
    {
        var (_, notes) = Read(With(name, value));
        var note = Assert.Single(notes);
        Assert.StartsWith($"{_folder["preprocessor_config.json"]}: {name} is {value}: ", note);
        Assert.Contains(instead, note);
    }

    [Fact]
    public void Read_SeveralSettings_ALineForEach()
    {
        var (settings, notes) = Read("""
            {
              "do_center_crop": true, "resample": 2, "do_normalize": false, "rescale_factor": 1, "size": 384,
              "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]
            }
            """);
        Assert.Equal(
            ["do_center_crop", "do_normalize", "resample", "rescale_factor", "size"],
            notes.Select(note => note.Split(": ")[1].Split(' ')[0]).Order());
        // Levels are not scaled: a bundle has them in 0..1, which a standard deviation of 1/255 undoes.
        Assert.Equal([0, 0, 0], settings.Mean);
        Assert.All(settings.Std, std => Assert.Equal(1 / 255f, std));
    }

    [Theory]
    [InlineData("image_std", "[1e400, 1, 1]", "out of range")]
    [InlineData("image_std", "[1e39, 1, 1]", "three numbers")]
    [InlineData("image_std", "[0, 1, 1]", "three positive numbers")]
    [InlineData("image_std", "[-1, 1, 1]", "three positive numbers")]
    [InlineData("image_mean", "[1, 1]", "three numbers")]
    [InlineData("image_mean", "0.5", "three numbers")]
    [InlineData("rescale_factor", "0", "a positive number")]
    [InlineData("do_normalize", "1", "true or false")]
    [InlineData("resample", "\"bicubic\"", "a whole number")]
    [InlineData("size", "\"large\"", "a number")]
    public void Read_ValueOfAnotherKind_SaysWhich(string name, string value, string reason)
    {
        var e = Assert.Throws<BundleException>(() => Read(With(name, value)));
        Assert.StartsWith(_folder["preprocessor_config.json"] + ": ", e.Message);
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Read_AnyValueInAnyField_OneLineOrNumbers()
    {
        var refused = 0;
        foreach (var json in JsonValues.Replaced(SwinsOwn))
        {
            try
            {
                var (settings, notes) = Read(json);
                Assert.All(settings.Mean.Concat(settings.Std), number => Assert.True(float.IsFinite(number)));
                Assert.All(settings.Std, std => Assert.True(std > 0));
                Assert.All(notes, note => Assert.DoesNotContain('\n', note));
            }
            catch (BundleException e)
            {
                Assert.StartsWith(_folder["preprocessor_config.json"] + ": ", e.Message);
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 200, int.MaxValue);
    }

    /// <summary>Swin's own file with one setting changed or added.</summary>
    private static string With(string name, string value)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(SwinsOwn)!.AsObject();
        json[name] = "here";
        return json.ToJsonString().Replace("\"here\"", value, StringComparison.Ordinal);
    }

    private (ImageSettings Settings, List<string> Notes) Read(string json)
    {
        File.WriteAllText(_folder["preprocessor_config.json"], json);
        var notes = new List<string>();
        return (PreprocessorConfig.Read(_folder.Path, 224, notes), notes);
    }
}
