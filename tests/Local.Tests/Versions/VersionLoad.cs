using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Tests.Versions;

/// <summary>Clients that analyse the same few images in closed loops, and check that every answer is wholly of the version that it names.</summary>
internal sealed class VersionLoad : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private static readonly Image[] _images = [.. Enumerable.Range(0, 4).Select(_ => MeshLoad.FreshImage())];

    private readonly GrpcChannel _channel;
    private readonly RouterService.RouterServiceClient _router;
    private readonly CancellationTokenSource _enough = new();
    private readonly ConcurrentDictionary<string, ByteString[]> _expected = [];
    private readonly ConcurrentDictionary<string, int> _answers = [];
    private readonly ConcurrentQueue<string> _faults = [];
    private readonly ConcurrentQueue<(Func<bool> Holds, TaskCompletionSource Reached)> _awaited = [];
    private Task[] _clients = [];

    /// <param name="gateway">HOST:PORT.</param>
    public VersionLoad(string gateway)
    {
        _channel = GrpcChannel.ForAddress($"http://{gateway}");
        _router = new RouterService.RouterServiceClient(_channel);
    }

    /// <summary>Answers of each version so far.</summary>
    public IReadOnlyDictionary<string, int> Answers => new Dictionary<string, int>(_answers);

    /// <summary>Calls that failed, and answers that are of no version or of another one than they name.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Asks for a version by its name, and expects what it answers from then on.</summary>
    public async Task Learn(string version)
    {
        var headers = new Metadata { { VersionHeader.Name, version } };
        var answers = await Task.WhenAll(_images.Select(async image => await _router.AnalyzeAsync(Request(image), headers, Deadline)));
        Assert.All(answers, answer => Assert.Equal(version, answer.Model.ModelVersion));
        ByteString[] contents = [.. answers.Select(Content)];
        // Answers tell the versions apart.
        Assert.All(_expected.Values, others => Assert.All(contents.Zip(others), pair => Assert.NotEqual(pair.First, pair.Second)));
        _expected[version] = contents;
    }

    public void Begin(int clients) => _clients = [.. Enumerable.Range(0, clients).Select(client => Task.Run(() => Call(client)))];

    /// <summary>Waits for this number of further answers, of one version or of any; not after a fault.</summary>
    public async Task UntilMore(int answers, string? version = null)
    {
        int Count() => version is null ? _answers.Values.Sum() : _answers.GetValueOrDefault(version);
        var until = Count() + answers;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Enqueue((() => Count() >= until || !_faults.IsEmpty, reached));
        await reached.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(_patience);
        _channel.Dispose();
    }

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    private static AnalyzeRequest Request(Image image) => new()
    {
        Image = image,
        Report = "small nodule",
        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
    };

    // What backbone, expert, text encoder and gate give.
    private static ByteString Content(AnalyzeResponse answer) => new AnalyzeResponse
    {
        Gate = answer.Gate,
        Report = answer.Report,
        ImageEmbedding = answer.ImageEmbedding,
        OtherGates = { answer.OtherGates.OrderBy(gate => gate.Policy) },
    }.ToByteString();

    private async Task Call(int client)
    {
        for (var i = client; !_enough.IsCancellationRequested; i++)
        {
            try
            {
                var place = i % _images.Length;
                using var call = _router.AnalyzeAsync(Request(_images[place]), deadline: Deadline);
                var answer = await call;
                var version = (await call.ResponseHeadersAsync).GetValue(VersionHeader.Name)!;
                if (!_expected.TryGetValue(version, out var expected) || expected[place] != Content(answer)
                    || answer.Model.ModelVersion != version)
                {
                    _faults.Enqueue($"the answer of {version} is not its own");
                }
                _answers.AddOrUpdate(version, 1, (_, count) => count + 1);
            }
            catch (RpcException e)
            {
                _faults.Enqueue(e.Status.ToString());
            }
            foreach (var (_, reached) in _awaited.Where(awaited => awaited.Holds()))
            {
                reached.TrySetResult();
            }
        }
    }
}
