using System.Threading.Channels;
using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Gateway.Tests;

/// <summary>A small service with the router's contract. Tests control how long its calls last.</summary>
internal sealed class EchoRouter(EchoRouter.Calls calls) : RouterService.RouterServiceBase
{
    /// <summary>Value of a call's header "medmoe-test" or of a message's id: the connection is closed, as when a process is killed.</summary>
    public const string Die = "die";

    /// <summary>Value of a call's header "medmoe-test": its message is not read.</summary>
    public const string Hold = "hold";

    /// <summary>State of the service that tests can observe and change.</summary>
    internal sealed class Calls
    {
        private readonly Channel<string> _begun = Channel.CreateUnbounded<string>();
        private readonly SemaphoreSlim _held = new(0);
        private int _answered;
        private int _listed;

        /// <summary>Calls of ListExperts.</summary>
        public int Listed => Volatile.Read(ref _listed);

        public void CountListed() => Interlocked.Increment(ref _listed);

        /// <summary>Streams that were answered completely.</summary>
        public int Answered => _answered;

        public void CountAnswered() => Interlocked.Increment(ref _answered);

        public void CountHeld() => _held.Release();

        /// <summary>Waits for this number of calls whose messages are not read.</summary>
        public async Task Held(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await _held.WaitAsync();
            }
        }

        /// <summary>The header "medmoe-test" of the last call, a character for each byte.</summary>
        public string Header { get; set; } = "";

        /// <summary>Names of the headers of the last call of ListExperts.</summary>
        public IReadOnlyList<string> HeaderNames { get; set; } = [];

        /// <summary>The caller's share in the last call of ListExperts.</summary>
        public string Share { get; set; } = "";

        /// <summary>Whether calls with <see cref="Die"/> are answered nevertheless.</summary>
        public bool CannotDie { get; set; }

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Whether ListExperts closes the connection instead of answering.</summary>
        public bool DiesAtOnce { get; set; }

        /// <summary>Ends the calls of EmbedText.</summary>
        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Waits for another call of EmbedText, or another message of a stream.</summary>
        public async Task Begun() => await _begun.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        public void Begin(string what) => _begun.Writer.TryWrite(what);
    }

    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddSingleton<Calls>();
        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (context.Request.Headers["medmoe-test"] == Hold)
            {
                app.Services.GetRequiredService<Calls>().CountHeld();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }
            await next(context);
        });
        app.MapServing();
        app.MapGrpcService<EchoRouter>();
        app.Lifetime.ApplicationStarted.Register(app.Services.GetRequiredService<Readiness>().WarmedUp);
        return app;
    }

    /// <summary>Answers each message; header and trailer "medmoe-test" repeat the caller's.</summary>
    public override async Task AnalyzeStream(
        IAsyncStreamReader<AnalyzeStreamRequest> requestStream, IServerStreamWriter<AnalyzeStreamResponse> responseStream, ServerCallContext context)
    {
        var told = context.RequestHeaders.GetValue("medmoe-test") ?? "";
        calls.Header = told;
        if (told == Die && !calls.CannotDie)
        {
            CloseConnection(context);
            return;
        }
        await context.WriteResponseHeadersAsync(new Metadata { { "medmoe-test", told } });
        context.ResponseTrailers.Add("medmoe-test", told);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            calls.Begin(request.RequestId);
            if (request.RequestId == Die)
            {
                CloseConnection(context);
                return;
            }
            await responseStream.WriteAsync(new AnalyzeStreamResponse { RequestId = request.RequestId }, context.CancellationToken);
        }
        calls.CountAnswered();
    }

    /// <summary>Answers with an error that has a trailer.</summary>
    public override Task<ClassifyResponse> Classify(ClassifyRequest request, ServerCallContext context) =>
        throw new RpcException(new Status(StatusCode.FailedPrecondition, "no, 100 % no"), new Metadata { { "medmoe-test", "why" } });

    /// <summary>Answers when the test releases it, the call is cancelled or its deadline passes.</summary>
    public override async Task<EmbedTextResponse> EmbedText(EmbedTextRequest request, ServerCallContext context)
    {
        calls.Begin("EmbedText");
        using var gone = context.CancellationToken.Register(() => calls.Cancelled.TrySetResult());
        await Task.WhenAny(calls.Cancelled.Task, calls.Released.Task);
        return new EmbedTextResponse();
    }

    /// <summary>Answers immediately.</summary>
    public override Task<ListExpertsResponse> ListExperts(ListExpertsRequest request, ServerCallContext context)
    {
        calls.CountListed();
        calls.HeaderNames = [.. context.RequestHeaders.Select(header => header.Key)];
        calls.Share = context.RequestHeaders.GetValue("medmoe-share") ?? "";
        if (calls.DiesAtOnce)
        {
            CloseConnection(context);
        }
        return Task.FromResult(new ListExpertsResponse());
    }

    /// <summary>Answers with as many bytes as the image has.</summary>
    public override Task<EmbedImageResponse> EmbedImage(EmbedImageRequest request, ServerCallContext context) =>
        Task.FromResult(new EmbedImageResponse { Embedding = new WireTensor { Data = request.Image.Encoded } });

    private static void CloseConnection(ServerCallContext context) =>
        context.GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
}
