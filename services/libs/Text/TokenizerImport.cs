using System.Text.Json;

namespace MedMoE.Mesh.Text;

public static class TokenizerImport
{
    /// <summary>
    /// Copies the tokenizer files of a Hugging Face folder into the text part of a bundle. Writes <c>do_lower_case</c> if no file sets it, so that
    /// the bundle is unambiguous.
    /// </summary>
    /// <exception cref="BundleException">A file cannot be read or has unsupported settings.</exception>
    public static void Copy(string from, string to)
    {
        string[] files = [TokenizerFiles.Vocabulary, TokenizerFiles.Config, TokenizerFiles.SpecialTokens, TokenizerFiles.AddedTokens];
        foreach (var file in files.Where(f => File.Exists(Path.Combine(from, f))))
        {
            File.Copy(Path.Combine(from, file), Path.Combine(to, file));
        }
        var settings = TokenizerFiles.Read(from);
        if (!settings.CaseIsGiven)
        {
            WriteCase(Path.Combine(to, TokenizerFiles.Config), settings.LowerCase);
        }
    }

    /// <summary>A warning in one line if <c>do_lower_case</c> was assumed and may be wrong; else null.</summary>
    public static string? Decision(string folder)
    {
        var settings = TokenizerFiles.Read(folder);
        var vocabulary = Path.Combine(folder, TokenizerFiles.Vocabulary);
        return settings.CaseIsGiven || !Vocabulary.Read(vocabulary, int.MaxValue, settings).HasCapitals() ? null
            : $"{vocabulary} has capitals, and no file sets do_lower_case: text is lower-cased, as Hugging Face does; "
                + $"for a cased model put {{\"do_lower_case\": false}} into {TokenizerFiles.Config} beside it and import again";
    }

    private static void WriteCase(string path, bool lowerCase)
    {
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : """{"tokenizer_class": "BertTokenizer"}"""u8.ToArray();
        using var document = JsonDocument.Parse(bytes);
        using var stream = File.Create(path);
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        writer.WriteStartObject();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            property.WriteTo(writer);
        }
        writer.WriteBoolean("do_lower_case", lowerCase);
        writer.WriteEndObject();
    }
}
