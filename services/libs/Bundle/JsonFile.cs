using System.Text.Json;
using System.Text.Unicode;

namespace MedMoE.Mesh.Bundle;

/// <summary>Reads untrusted JSON and checks all of it first, so that reading the result never throws.</summary>
public static class JsonFile
{
    /// <summary>Largest file accepted, in bytes.</summary>
    public const int Largest = 16 << 20;

    /// <summary>Reads a file whose root is an object. Duplicate names, numbers beyond float64 and invalid Unicode are refused.</summary>
    /// <exception cref="BundleException">Missing, unreadable, too large, or not such JSON.</exception>
    public static JsonElement ReadObject(string path)
    {
        if (Directory.Exists(path))
        {
            throw new BundleException(path, "is a folder, not a file");
        }
        try
        {
            var length = new FileInfo(path).Length;
            if (length > Largest)
            {
                throw new BundleException(path, $"{length} bytes, over the limit of {Largest}");
            }
            var content = File.ReadAllBytes(path);
            return GitLfs.IsPointer(content) ? throw new BundleException(path, GitLfs.Fault) : ParseObject(path, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(path, FileContent.Reason(e));
        }
    }

    /// <summary>Parses JSON with the same checks; <paramref name="path"/> is only for messages.</summary>
    /// <exception cref="BundleException">Not such JSON.</exception>
    public static JsonElement ParseObject(string path, byte[] utf8)
    {
        var root = Parse(path, utf8);
        return root.ValueKind == JsonValueKind.Object ? root : throw new BundleException(path, "not a JSON object");
    }

    /// <summary>Parses JSON of any root with the same checks; <paramref name="path"/> is only for messages.</summary>
    /// <exception cref="BundleException">Not such JSON.</exception>
    public static JsonElement Parse(string path, byte[] utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new BundleException(path, "not JSON: not UTF-8");
        }
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
            Check(path, document.RootElement);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not JSON: {JsonFault.Of(e)}");
        }
    }

    /// <summary>The recursion is bounded: the parser accepts at most 64 levels.</summary>
    private static void Check(string path, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Require(path, () => property.Name.Length >= 0);
                    Check(path, property.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Check(path, item);
                }
                break;
            case JsonValueKind.String:
                Require(path, () => element.GetString() is not null);
                break;
            case JsonValueKind.Number when !double.IsFinite(element.GetDouble()):
                throw new BundleException(path, $"the number {element.GetRawText()} is out of range");
        }
    }

    /// <summary>A lone surrogate, written as \ud800, is valid JSON but not valid Unicode.</summary>
    private static void Require(string path, Func<bool> read)
    {
        try
        {
            read();
        }
        catch (InvalidOperationException)
        {
            throw new BundleException(path, "not JSON: a string is not valid Unicode");
        }
    }
}
