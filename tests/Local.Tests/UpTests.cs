using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests;

public sealed class UpTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Up_Ready_EveryReplicaAnswersWhereTheTableAndTheFileSay()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);

        Assert.Equal(["backbone/1", "text-encoder/1", "text-encoder/2"], mesh.Table.Select(row => $"{row.Service}/{row.Number}"));
        using var endpoints = new EndpointsWatch(mesh.Folder);
        Assert.Equal(mesh.Table.Skip(1).Select(row => row.Grpc), endpoints.TextEncoders);
        Assert.Equal([mesh.Table[0].Grpc], endpoints.Replicas("backbone"));
        Assert.Empty(endpoints.Replicas("router"));
        foreach (var row in mesh.Table.Skip(1))
        {
            Assert.Single((await Encode(row.Grpc)).Texts);
        }
        using var channel = GrpcChannel.ForAddress($"http://{mesh.Table[0].Grpc}");
        var file = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_512x640.png"));
        var image = new Image { Encoded = Google.Protobuf.ByteString.CopyFrom(file) };
        using var call = new BackboneService.BackboneServiceClient(channel).ExtractPyramid(
            new ExtractPyramidRequest { Image = image }, deadline: DateTime.UtcNow + _patience);
        Assert.Equal(4, await call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken).CountAsync());
        using var http = new HttpClient();
        Assert.Equal("Healthy", await http.GetStringAsync($"http://{mesh.Table[0].Http}/healthz", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Up_ServiceKilled_LeavesTheFileAndComesBack()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        using var endpoints = new EndpointsWatch(mesh.Folder);
        var killed = mesh.Table[1];

        Assert.Equal(0, LocalProcess.Kill(killed.Pid, SigKill));

        await endpoints.Until(file => file.TextEncoders is [var left] && left == mesh.Table[2].Grpc, "the dead replica gone");
        var line = await mesh.UntilLine(line => line.Contains("text-encoder/1", StringComparison.Ordinal), "a line about the restart");
        Assert.EndsWith(" warning text-encoder/1: ended with exit code 137; restarting in 0.5 s", line);
        await endpoints.Until(file => file.TextEncoders.Length == 2, "the replica back");
        Assert.Single((await Encode(endpoints.TextEncoders[0])).Texts);
    }

    [Fact]
    public async Task Up_Services_AreOutOfReachOfATerminalsSignals()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        // Field 6 of stat is the session; Ctrl-C reaches only processes of the terminal's session.
        Assert.All(mesh.Table, row => Assert.Equal($"{row.Pid}", File.ReadAllText($"/proc/{row.Pid}/stat").Split(") ")[1].Split(' ')[3]));
    }

    [Theory]
    [InlineData(SigTerm)]
    [InlineData(SigInt)]
    public async Task Up_ToldToStop_AsksEveryServiceAndLeavesNothing(int signal)
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        LifeOf[] services = [.. mesh.Table.Select(row => new LifeOf(row.Pid))];
        Assert.DoesNotContain(services, service => service.HasEnded);

        mesh.Signal(signal);

        Assert.Equal(0, await mesh.ExitCode());
        Assert.All(services, service => Assert.True(service.HasEnded));
        Assert.All(["backbone/1", "text-encoder/1", "text-encoder/2"], replica => Assert.Contains(
            mesh.Output.Split('\n'),
            line => line.StartsWith($"{replica} | ", StringComparison.Ordinal)
                && line.Contains("stopping: new calls are refused", StringComparison.Ordinal)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    [Fact]
    public async Task Up_ToldToStopWhileItStarts_LeavesNothing()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var weights = Path.Combine(files.Root, "text", "model.safetensors");
        File.Delete(weights);
        // Reading a pipe without a writer blocks for ever.
        Assert.Equal(0, LocalProcess.MakePipe(weights, 0x180));
        using var mesh = LocalProcess.Run(_runtime, "up", "--only", "backbone,text-encoder", "--bundle", files.Root);
        await mesh.UntilLine(line => line.EndsWith(" processes", StringComparison.Ordinal), "the first line");

        mesh.Signal(SigTerm);

        Assert.Equal(0, await mesh.ExitCode());
        Assert.DoesNotContain("ready", mesh.Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    [Fact]
    public async Task Up_ToldToStopTwice_EndsAServiceThatDoesNot()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        LifeOf[] services = [.. mesh.Table.Select(row => new LifeOf(row.Pid))];
        Assert.Equal(0, LocalProcess.Kill(mesh.Table[0].Pid, SigStop));

        mesh.Signal(SigTerm);
        await Task.WhenAll(services.Skip(1).Select(service => service.AssertEnds()));
        Assert.False(services[0].HasEnded);
        mesh.Signal(SigTerm);

        Assert.Equal(0, await mesh.ExitCode().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(services[0].HasEnded);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    [Fact]
    public async Task Up_Killed_LeavesNoServiceAndItsFolderToTheNext()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        LifeOf[] services = [.. mesh.Table.Select(row => new LifeOf(row.Pid))];

        mesh.Signal(SigKill);

        await Task.WhenAll(services.Select(service => service.AssertEnds()));
        Assert.True(File.Exists(Path.Combine(mesh.Folder, "control.sock")));
        using var next = await LocalProcess.UpSmall(_runtime);
        using var endpoints = new EndpointsWatch(next.Folder);
        Assert.Equal(next.Table.Skip(1).Select(row => row.Grpc), endpoints.TextEncoders);
    }

    [Fact]
    public async Task Up_BrokenBundle_TellsTheServicesReasonAndStopsEverything()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var weights = Path.Combine(files.Root, "text", "model.safetensors");
        File.WriteAllText(weights, "no weights");
        using var mesh = LocalProcess.Run(_runtime, "up", "--only", "backbone,text-encoder", "--bundle", files.Root);

        await mesh.AssertRefused("text-encoder/1: ", weights);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    [Fact]
    public async Task Up_PortInUse_IsOneLine()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        using var mesh = LocalProcess.Run(_runtime, "up", "--only", "gateway", "--port", $"{port}");

        await mesh.AssertRefused($"--port {port}: Address already in use");
    }

    /// <summary>Ports that are not options are found by the services.</summary>
    [Fact]
    public async Task Up_NextHttpPortInUse_IsOneLine()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        using var mesh = LocalProcess.Run(_runtime, "up", "--only", "gateway,router", "--http-port", $"{port - 1}");

        await mesh.AssertRefused("router/1: Serving: cannot listen: Failed to bind to address ", $":{port}: address already in use");
    }

    [Fact]
    public async Task Up_HttpPort_IsTheFirstOfConsecutiveOnes()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var first = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();

        using var mesh = await LocalProcess.UpSmall(_runtime, "--http-port", $"{first}");

        Assert.Equal([first + 1, first + 2, first + 3], mesh.Table.Select(row => int.Parse(row.Http.Split(':')[1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Up_SettingThatIsNone_IsOneLineWithTheNearest()
    {
        using var mesh = LocalProcess.Run(_runtime, "up", "--only", "text-encoder", "--set", "TextEncoder:MaxBatchSizes=4");
        await mesh.AssertRefused("text-encoder/1: TextEncoder:MaxBatchSizes: there is no such setting", "TextEncoder:MaxBatchSize");
    }

    [Fact]
    public async Task Up_SameName_IsRefusedWhileTheOtherRuns()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        using (var same = LocalProcess.Run(_runtime, "up", "--only", "backbone"))
        {
            await same.AssertRefused("a mesh named mesh is already running");
        }
        using var other = await LocalProcess.UpSmall(_runtime, "--name", "other");
        Assert.Single((await Encode(mesh.Table[1].Grpc)).Texts);
        Assert.Single((await Encode(other.Table[1].Grpc)).Texts);
    }

    [Theory]
    [InlineData("--replicas", "dental=2", "unknown service \"dental\"; expected one of backbone, text-encoder, xray, ct, mri, ultrasound, router")]
    [InlineData("--replicas", "gateway=2", "unknown service \"gateway\"")]
    [InlineData("--replicas", "ct=-1", "ct can have 0 to 64 replicas, not \"-1\"")]
    [InlineData("--replicas", "ct=two", "not \"two\"")]
    [InlineData("--replicas", "ct=65", "not \"65\"")]
    [InlineData("--replicas", "backbone=0", "backbone can have 1 to 64 replicas")]
    [InlineData("--replicas", "ct", "\"ct\" is not NAME=NUMBER")]
    [InlineData("--replicas", "ct=1,ct=2", "ct is given twice")]
    [InlineData("--bundle", "/no/bundle", "/no/bundle: no such bundle folder")]
    [InlineData("--pyramid", "fp64", "fp64")]
    [InlineData("--port", "65536", "--port")]
    [InlineData("--name", "../etc", "name \"../etc\"")]
    [InlineData("--set", "Serving", "\"Serving\" is not KEY=VALUE")]
    public async Task Up_BadArgument_OneLine(string option, string value, string reason)
    {
        using var mesh = LocalProcess.Run(_runtime, "up", $"{option}={value}");
        await mesh.AssertRefused(reason);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    private static async Task<EncodeResponse> Encode(string address)
    {
        using var channel = GrpcChannel.ForAddress($"http://{address}");
        return await new TextEncoderService.TextEncoderServiceClient(channel).EncodeAsync(
            new EncodeRequest { Texts = { "small nodule" } }, deadline: DateTime.UtcNow + _patience);
    }
}
