using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>A client of tests/clients: what it needs, how it is made, and how it is run.</summary>
/// <param name="Name">Its language, or the library that it calls with.</param>
/// <param name="Missing">What to install if it cannot run.</param>
/// <param name="Probe">A command that succeeds if it can run.</param>
/// <param name="Make">Commands that make it, from the root of the repository.</param>
/// <param name="Command">The command that runs it, without its arguments.</param>
internal sealed record Client(string Name, string Missing, string[] Probe, string[][] Make, string[] Command)
{
    // Half a minute for gRPC's headers of C++ on idle cores.
    private static readonly TimeSpan _compiling = TimeSpan.FromMinutes(10);

    private const string PythonCode = "artifacts/clients/python";
    private const string CppBuild = "artifacts/clients/cpp";

    /// <summary>An image for the clients.</summary>
    public static readonly string Image = Path.Combine(Golden.Repository, "services", "Trainer", "Demo", "studies", "images", "xray-000004.png");

    // Debian's Python: another one lacks Debian's packages.
    private static readonly string _python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    public static Client Of(string name) => name switch
    {
        "python" => new(
            name, "needs grpcio and grpcio-tools for Python (Debian: apt-get install python3-grpcio python3-grpc-tools)",
            [_python, "-c", "import grpc, grpc_tools"],
            [["mkdir", "-p", PythonCode],
             [_python, "-m", "grpc_tools.protoc", "-I", "protos", $"--python_out={PythonCode}", $"--grpc_python_out={PythonCode}",
              .. Directory.EnumerateFiles(Path.Combine(Golden.Repository, "protos"), "*.proto", SearchOption.AllDirectories)
                  .Select(file => Path.GetRelativePath(Golden.Repository, file))]],
            ["env", $"PYTHONPATH={PythonCode}", _python, "tests/clients/python/client.py"]),
        "node" => new(
            name, "needs Node.js and the client's packages (npm ci --prefix tests/clients/node)",
            ["node", "--input-type=module", "--eval",
             $"await import('{Golden.Repository}/tests/clients/node/node_modules/@grpc/grpc-js/build/src/index.js')"],
            [], ["node", "tests/clients/node/client.js"]),
        "cpp" => new(
            name, "needs gRPC for C++ (Debian: apt-get install g++ cmake pkg-config libgrpc++-dev protobuf-compiler-grpc)",
            ["sh", "-c", "command -v cmake g++ protoc grpc_cpp_plugin && pkg-config --exists grpc++"],
            [["cmake", "-S", "tests/clients/cpp", "-B", CppBuild, "-DCMAKE_BUILD_TYPE=Release"], ["cmake", "--build", CppBuild]],
            [Path.Combine(Golden.Repository, CppBuild, "client")]),
        "openai" or "connect" or "fetch" => new(
            name, "needs Node.js and packages (npm ci --prefix tests/clients/web)",
            [Path.Combine(Golden.Repository, "tests", "clients", "web", "node_modules", ".bin", "buf"), "--version"],
            name == "connect" ? [["npm", "run", "generate", "--prefix", "tests/clients/web", "--silent"]] : [],
            ["node", $"tests/clients/web/{name}.js"]),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>Builds it, or skips the test.</summary>
    public async Task Prepare()
    {
        Assert.SkipUnless(await Tool.Succeeds(Golden.Repository, Probe), Missing);
        foreach (var command in Make)
        {
            var made = await Tool.Command(Golden.Repository, command, _compiling);
            Assert.True(made.ExitCode == 0, $"{string.Join(' ', command)}\n{made.Output}{made.Error}");
        }
    }

    public Task<Tool.Result> Run(params string[] arguments) => Tool.Command(Golden.Repository, [.. Command, .. arguments]);

    /// <summary>Asserts that every call was answered as it should be, and that the client says so.</summary>
    public static void AssertGotWhatItExpects(Tool.Result result)
    {
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Collection(
            result.Output.TrimEnd().Split('\n'),
            line => Assert.Matches(@"^EmbedText: 2 embeddings of 96, cosine -?\d\.\d{3}$", line),
            line => Assert.Matches(@"^Analyze: expert xray, 14 words, nodule at \d+,\d+ of 28$", line),
            line => Assert.StartsWith("AnalyzeStream: 9 answers, item 4 refused: image", line),
            line => Assert.Matches(@"^Classify: nodule 0\.\d{3}, normal 0\.\d{3}$", line),
            line => Assert.Equal("deadline: DEADLINE_EXCEEDED", line),
            line => Assert.Equal("cancel: CANCELLED", line));
    }
}
