using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Tests;

public sealed class ProtoTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Fact]
    public void PyramidLevel_BytesOfTheBackbone_AreARequestToTheExpert()
    {
        var response = new ExtractPyramidResponse
        {
            Level = new PyramidLevel { Level = 3, LevelCount = 4, Features = WireTensors.FromSingles(new float[49 * 8], DataType.Fp16, 7, 7, 8) },
        };
        var request = LocalizeRequest.Parser.ParseFrom(response.ToByteArray());
        Assert.Equal(LocalizeRequest.PartOneofCase.Level, request.PartCase);
        Assert.Equal(response.Level, request.Level);
    }

    [Fact]
    public void PyramidLevel_BackboneAndExpert_ShareNoOtherNumber()
    {
        static IEnumerable<int> Numbers(MessageDescriptor message) => message.Fields.InFieldNumberOrder().Select(f => f.FieldNumber);
        Assert.Equal([1], Numbers(ExtractPyramidResponse.Descriptor).Intersect(Numbers(LocalizeRequest.Descriptor)));
    }

    [Fact]
    public void Data_OfEveryTensor_ComesLast() =>
        Assert.Equal(WireTensor.DataFieldNumber, WireTensor.Descriptor.Fields.InFieldNumberOrder()[^1].FieldNumber);

    [Fact]
    public async Task Protos_BufLint_Clean()
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "npx"))))
        {
            Assert.Skip("buf lint needs npx of Node.js, which is not here");
        }
        using var lint = Process.Start(new ProcessStartInfo("npx", ["--yes", "@bufbuild/buf@1.75.0", "lint"])
        {
            WorkingDirectory = Path.Combine(Golden.Repository, "protos"),
            RedirectStandardOutput = true,
        })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_patience);
        var findings = await lint.StandardOutput.ReadToEndAsync(patience.Token);
        await lint.WaitForExitAsync(patience.Token);
        Assert.Equal((0, ""), (lint.ExitCode, findings));
    }
}
