using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Resilience.Attacks;

/// <summary>A known attack of one caller on others, at ten times the rate or number that it needed; or what it is compared with.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Does">What it does.</param>
/// <param name="Run">Attacks until cancelled.</param>
/// <param name="Images">For an attack on an expert, new images for the honest client; otherwise its image is cached.</param>
internal sealed record Attack(string Name, string Does, Func<Attacker, CancellationToken, Task> Run, Func<Image>? Images = null)
{
    private const string Analyze = "/medmoe.mesh.v1.RouterService/Analyze";
    private const string AnalyzeStream = "/medmoe.mesh.v1.RouterService/AnalyzeStream";
    private const string Localize = "/medmoe.mesh.v1.ExpertService/Localize";

    // A message that is invalid protobuf.
    private static readonly byte[] _unreadable = RawCall.Framed([0x0a, 0xff]);

    // The prefix says 4096, three bytes follow.
    private static readonly byte[] _begun = [0, 0, 0, 16, 0, 1, 2, 3];

    public static Attack LargeImages { get; } = new("large-images", "100 at a time, Analyze of new images of 30 MB",
        (attacker, enough) => attacker.Analyze(callers: 100, bytes: 30_000_000, enough));

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("bad-streams", "AnalyzeStream, a message that cannot be read, left open: 1,000 a second",
            (attacker, enough) => attacker.Often(1000, connection => connection.Call(AnalyzeStream, _unreadable, end: false), enough)),
        new("bad-streams-4000", "the same, 4,000 a second",
            (attacker, enough) => attacker.Often(4000, connection => connection.Call(AnalyzeStream, _unreadable, end: false), enough)),
        new("silent-streams", "10,240 AnalyzeStreams without a byte",
            (attacker, enough) => attacker.Hold(10_240, connection => connection.Begin(AnalyzeStream), enough)),
        new("silent-localize", "1,600 Localize of the CT expert without a byte",
            (attacker, enough) => attacker.Hold(1600, connection => connection.Begin(Localize, [("medmoe-service", "experts/ct")]), enough),
            MeshLoad.FreshImage),
        new("large-localize", "ten at a time, Localize of the CT expert: levels of 720², 160 words, 62 MB",
            (attacker, enough) => attacker.Localize(callers: 10, side: 720, words: 160, enough), MeshLoad.FreshImage),
        new("no-calls", "no call: 62 MB are copied in memory again and again, which shows what an attacker on the same machine takes from all",
            (_, enough) => Attacker.Copy(62_000_000, enough), MeshLoad.FreshImage),
        new("silent-uploads", "20 Analyze, each silent after 3 of 4,096 bytes",
            (attacker, enough) => attacker.Hold(20, connection => connection.Call(Analyze, _begun, end: false), enough)),
        new("silent-uploads-10240", "10,240 of them",
            (attacker, enough) => attacker.Hold(10_240, connection => connection.Call(Analyze, _begun, end: false), enough)),
        LargeImages,
    ];
}
