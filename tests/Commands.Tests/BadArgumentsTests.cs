using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Commands.Tests;

/// <summary>Whatever a user gives wrongly: one line that names it, and exit code 2.</summary>
public sealed partial class BadArgumentsTests : IDisposable
{
    private static readonly string _image = Golden.PathOf("preprocessing", "gray8_130x100.png");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Commands => [.. Launcher.Commands];

    public void Dispose() => _folder.Dispose();

    /// <summary>Every option of every verb, by its line in the help.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Option_MissingUnknownOrOfAnotherType_IsNamed(string command)
    {
        var help = await File.ReadAllTextAsync(Launcher.HelpFile(command), TestContext.Current.CancellationToken);
        var options = OptionLine().Matches(help);
        string[] required =
        [
            .. options.Where(o => o.Groups["required"].Success).Select(o => $"{o.Groups["name"]}={(o.Groups["kind"].Value == "N" ? "2" : "x")}"),
        ];
        string[] given = [.. required, .. help.Contains("\nArguments:\n", StringComparison.Ordinal) ? ["x=1"] : Array.Empty<string>()];
        AssertOneLine(await Launcher.Run(command, [.. given, "--nonsense=1"]));
        if (given.Length > 0)
        {
            AssertOneLine(await Launcher.Run(command));
        }
        foreach (var option in options.Where(o => o.Groups["kind"].Value is "N" or "X" || o.Groups["kind"].Value.Contains('|')))
        {
            var name = option.Groups["name"].Value;
            string[] others = [.. given.Where(g => !g.StartsWith($"{name}=", StringComparison.Ordinal))];
            var result = await Launcher.Run(command, [.. others, $"{name}=many"]);
            result.AssertRefused(name, option.Groups["kind"].Value is "N" or "X" ? "\"many\" is not a" : "");
            Assert.DoesNotContain("System.", result.Error);
        }
    }

    [Theory]
    [InlineData("analyze --image=NONE", "/none: no such file")]
    [InlineData("analyze --image=FOLDER", ": is a folder, not a file")]
    [InlineData("analyze --image=IMAGE --bundle=NONE", "/none: no such bundle folder")]
    [InlineData("analyze --image=IMAGE --report=mass --overlay=NONE/o.png", "/none/o.png: no such folder: ")]
    [InlineData("analyze --image=IMAGE --report=mass --overlay=FOLDER", ": is a folder, not a file")]
    [InlineData("analyze --image=IMAGE --report=mass --overlay=o.jpg", "--overlay o.jpg: the picture is a PNG")]
    [InlineData("analyze --imag=IMAGE", "there is no option --imag; the nearest is --image")]
    [InlineData("analyze --foo=IMAGE", "there is no option --foo; ./mesh analyze --help lists them")]
    [InlineData("ps --foo", "there is no option --foo; ps has none")]
    [InlineData("bundle foo FOLDER", "there is no bundle command foo; there are check, create, import")]
    [InlineData("train --data=DATA --init=DEMO --out=FOLDER/out --steps=1.5", "--steps: \"1.5\" is not a whole number up to 2147483647")]
    [InlineData("train --data=DATA --init=DEMO --out=FOLDER/out --clip=1,5x", "--clip: \"1,5x\" is not a number")]
    [InlineData("key create pacs --max-bytes=1GB", "--max-bytes: \"1GB\" is not a whole number")]
    [InlineData("analyze IMAGE", "unexpected argument \"")]
    [InlineData("bench --bundle=NONE", "/none: no such bundle folder")]
    [InlineData("bench --bundle=DEMO --json=FOLDER", ": is a folder, not a file")]
    [InlineData("bench --rounds=0", "--rounds 0: expected 1 to 1000")]
    [InlineData("bundle", "bundle needs one of check, create, import")]
    [InlineData("bundle chek FOLDER", "there is no bundle command chek; the nearest is check")]
    [InlineData("analyze --image=IMAGE --policy=dental", "\"dental\"", "xray (X-ray, CR, DX")]
    [InlineData("analyze --image=IMAGE --server=localhost", "localhost: expected HOST:PORT")]
    [InlineData("analyze --image=IMAGE --server=localhost:1", "localhost:1: cannot connect: Connection refused")]
    [InlineData("up --bundle=NONE", "/none: no such bundle folder")]
    [InlineData("up --bundle=IMAGE", "gray8_130x100.png: is a file, not a bundle folder")]
    [InlineData("scale ct=2 --name=other", "no mesh named other is running")]
    [InlineData("down --name=other", "no mesh named other is running")]
    [InlineData("up --callers=NONE", "/none: no such file")]
    [InlineData("up --callers=IMAGE", "gray8_130x100.png: not a list of callers: not JSON, or with other fields (line 1, column 1)")]
    [InlineData("key list --file=IMAGE", "gray8_130x100.png: not a list of callers: not JSON, or with other fields (line 1, column 1)")]
    [InlineData("key create a/b --file=FOLDER/callers.json", "a name has other characters than")]
    [InlineData("key create pacs --file=FOLDER/callers.json --rights=admin", "\"admin\"", "infer, read, direct, operate")]
    [InlineData("key revoke pacs --file=NONE", "/none: no such file")]
    [InlineData("analyze --image=IMAGE --server=localhost:1 --key=NONE", "/none: no such file")]
    [InlineData("analyze --image=IMAGE --key=IMAGE", "--key needs --server")]
    [InlineData("analyze --image=IMAGE --server=localhost:1 --authority=NONE", "/none: no such file")]
    [InlineData("analyze --image=IMAGE --server=localhost:1 --certificate=IMAGE", "a client's certificate needs its private key")]
    [InlineData("load NONE", "/none: no such file")]
    [InlineData("load FOLDER", ": is a folder, not a file")]
    [InlineData("load IMAGE", "gray8_130x100.png: not JSON")]
    [InlineData("load check NONE --config=NONE --limits=NONE", "/none: no such file")]
    [InlineData("load fixtures --studies=NONE --out=FOLDER/out", "/none")]
    [InlineData("bundle check NONE", "/none: no such bundle folder")]
    [InlineData("bundle check IMAGE", "gray8_130x100.png: is a file, not a bundle folder")]
    [InlineData("bundle import --checkpoint=IMAGE", "import needs --swin, --bert, --out")]
    [InlineData("bundle import --checkpoint=IMAGE --swin=NONE --out=FOLDER/out", "import needs --bert")]
    [InlineData("key create", "create needs NAME")]
    [InlineData("bundle import --swin=NONE --bert=NONE --out=FOLDER/out --experts=xray,xray", "--experts: xray is there twice")]
    [InlineData("bundle create --swin=NONE --bert=NONE --data=NONE --out=FOLDER/out --experts=xray,ct,ct", "--experts: ct is there twice")]
    [InlineData("bundle import --swin=NONE --bert=NONE --out=FOLDER/out", "/none: no such folder", "hf download")]
    [InlineData("bundle import --swin=IMAGE --bert=NONE --out=FOLDER/out", "gray8_130x100.png: is a file, not a folder")]
    [InlineData("bundle create --swin=NONE --bert=NONE --experts=xray,ct,mri,ultrasound --data=DATA --out=FOLDER/out", "/none: no such file")]
    [InlineData("bundle create --swin=FOLDER --bert=NONE --experts=xray,ct,mri,ultrasound --data=DATA --out=FOLDER/out", ": is a folder, not a file")]
    [InlineData("bundle create --swin=FOLDER --bert=NONE --experts=ct --data=DATA --out=FOLDER/out --max-tokens=2", "--max-tokens 2")]
    [InlineData("phantoms --out=FOLDER --count=0 --seed=1", "--count 0")]
    [InlineData("phantoms --out=IMAGE --count=1 --seed=1", "gray8_130x100.png: a file, not a folder")]
    [InlineData("phantoms --out=FOLDER/out --count=1 --seed=1 --types=dental", "\"dental\"", "xray, ct, mri, ultrasound")]
    [InlineData("train --data=NONE --init=NONE --out=FOLDER/out", "/none: no such bundle folder")]
    [InlineData("train --data=NONE --init=DEMO --out=FOLDER/out", "/none: neither a folder")]
    [InlineData("train --data=DATA --init=DEMO --out=FOLDER/out --resume", "out.training: no run to continue")]
    [InlineData("train --data=DATA --init=DEMO --out=FOLDER/out --freeze=gates", "\"gates\"", "backbone, text, gate, expert")]
    [InlineData("evaluate --data=NONE", "/none: neither a folder")]
    [InlineData("evaluate --data=DATA --plots=IMAGE", "gray8_130x100.png: is a file, not a folder")]
    [InlineData("train --data=DATA --init=DEMO --out=IMAGE", "gray8_130x100.png: is a file, not a folder")]
    [InlineData("load fixtures --studies=DATA --out=IMAGE", "gray8_130x100.png: is a file, not a folder")]
    [InlineData("evaluate --data=DATA --prompts=NONE", "/none: no such file")]
    [InlineData("evaluate --data=DATA --expert=dental", "\"dental\"", "xray (X-ray, CR, DX")]
    [InlineData("ablate --data=DATA --test=NONE --init=DEMO --out=FOLDER/out --steps=1", "/none")]
    public async Task Path_Wrong_OneLine(string line, params string[] reasons)
    {
        var data = Path.Combine(Golden.Repository, "services", "Trainer", "Demo", "studies");
        var demo = Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo");
        string[] arguments =
        [
            .. line.Split(' ').Select(word => word.Replace("NONE", _folder["none"], StringComparison.Ordinal)
                .Replace("FOLDER", _folder.Path, StringComparison.Ordinal).Replace("IMAGE", _image, StringComparison.Ordinal)
                .Replace("DATA", data, StringComparison.Ordinal).Replace("DEMO", demo, StringComparison.Ordinal)),
        ];
        var command = Launcher.Commands.Where(c => $"{line} ".StartsWith($"{c} ", StringComparison.Ordinal)).MaxBy(c => c.Length)!;

        var result = await Launcher.Run(command, arguments[command.Split(' ').Length..]);

        AssertOneLine(result, reasons);
    }

    [Fact]
    public async Task Key_CreatedTwice_SaysWhatToDo()
    {
        var file = _folder["callers.json"];
        (await Launcher.Run("key create", "pacs", "--file", file)).AssertSucceeded();

        AssertOneLine(
            await Launcher.Run("key create", "pacs", "--file", file),
            $"{file}: pacs has a key already; take another name, or first revoke that key: ./mesh key revoke pacs --file {file}");
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Key_WrittenToAFile_IsForItsOwner_AndNeverWrittenOver()
    {
        var (file, key) = (_folder["callers.json"], _folder["pacs.key"]);
        var created = await Launcher.Run("key create", "pacs", "--file", file, "--out", key);

        created.AssertSucceeded();
        Assert.Empty(created.Output);
        var written = await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken);
        Assert.Matches(@"^\S{20,}\n$", written);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        AssertOneLine(await Launcher.Run("key create", "other", "--file", file, "--out", key), $"{key}: is there already; a key in it would be lost");
        AssertOneLine(await Launcher.Run("key create", "pacs", "--file", file, "--out", _folder["new.key"]), "pacs has a key already");
        Assert.Equal(written, await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_folder["new.key"]));
        Assert.DoesNotContain("other", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    /// <summary>The check of a bundle prints its faults, and their number.</summary>
    private static void AssertOneLine(Tool.Result result, params string[] reasons)
    {
        var said = result.Error.Length > 0 ? result.Error : result.Output.Replace("1 fault\n", "", StringComparison.Ordinal);
        Assert.Equal((2, 1), (result.ExitCode, said.Count(c => c == '\n')));
        Assert.All(reasons, reason => Assert.Contains(reason, said));
        Assert.DoesNotContain("   at ", said);
    }

    [GeneratedRegex(@"^  (?:-\S, )*(?<name>--[a-z-]+)(?: <(?<kind>[^>]+)>)?(?<required> \(REQUIRED\))?", RegexOptions.Multiline)]
    private static partial Regex OptionLine();
}
