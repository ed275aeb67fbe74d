using System.CommandLine;

namespace MedMoE.Mesh.Commands;

/// <summary>Options shared by all verbs that run a model.</summary>
public static class ModelOption
{
    /// <summary>The demo bundle, as built with the tool.</summary>
    public static string DemoBundle { get; } = Path.Combine(AppContext.BaseDirectory, "demo");

    /// <summary>Null is <see cref="DemoBundle"/>, whose path would not help in the help.</summary>
    public static Option<string?> Bundle() =>
        new("--bundle") { Description = "Folder of the model bundle. Default: the demo bundle.", HelpName = "DIR" };

    public static Option<string> Device() => new("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };

    public static Option<string> Precision() => new Option<string>("--precision")
    {
        Description = "auto is bf16 on devices that support it, else fp32.",
        DefaultValueFactory = _ => "fp32",
    }.OneOf("fp32", "tf32", "bf16", "fp16", "auto");
}
