using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.LoadTester.Calls;

/// <summary>A method of the mesh, called with serialised messages.</summary>
internal sealed class MeshMethod
{
    private static readonly Marshaller<byte[]> _bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private readonly Method<byte[], byte[]> _method;

    private MeshMethod(MethodDescriptor descriptor)
    {
        Descriptor = descriptor;
        var kind = (descriptor.IsClientStreaming, descriptor.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (true, false) => MethodType.ClientStreaming,
            (false, true) => MethodType.ServerStreaming,
            (true, true) => MethodType.DuplexStreaming,
        };
        _method = new Method<byte[], byte[]>(kind, descriptor.Service.FullName, descriptor.Name, _bytes, _bytes);
    }

    public MethodDescriptor Descriptor { get; }

    public static IReadOnlyList<MethodDescriptor> All { get; } =
        [.. ServiceCatalog.Contracts.Append(Health.Descriptor).SelectMany(service => service.Methods)];

    /// <param name="call">package.Service.Method or package.Service/Method.</param>
    /// <exception cref="LoadException">Unknown method.</exception>
    public static MeshMethod Find(string call) => All.FirstOrDefault(m => $"{m.Service.FullName}.{m.Name}" == call.Replace('/', '.')) is { } found
        ? new MeshMethod(found)
        : throw new LoadException(
            $"{call}: {(Nearest(call) is { Length: > 0 } near ? $"unknown method; its service has {near}" : "unknown service")}");

    /// <summary>The messages of each call: one, or all of them where the method streams requests.</summary>
    public IEnumerable<IReadOnlyList<byte[]>> CallsOf(IReadOnlyList<byte[]> messages) =>
        Descriptor.IsClientStreaming ? [messages] : messages.Select(message => new[] { message });

    /// <returns>The answer, or all answers of a stream.</returns>
    /// <exception cref="RpcException">The status of the call.</exception>
    public async Task<IReadOnlyList<byte[]>> Call(CallInvoker invoker, IReadOnlyList<byte[]> messages, CallOptions options)
    {
        switch (_method.Type)
        {
            case MethodType.Unary:
                return [await invoker.AsyncUnaryCall(_method, null, options, messages[0])];
            case MethodType.ServerStreaming:
                using (var call = invoker.AsyncServerStreamingCall(_method, null, options, messages[0]))
                {
                    return await Read(call.ResponseStream);
                }
            case MethodType.ClientStreaming:
                using (var call = invoker.AsyncClientStreamingCall(_method, null, options))
                {
                    await Write(call.RequestStream, messages);
                    return [await call.ResponseAsync];
                }
            default:
                using (var call = invoker.AsyncDuplexStreamingCall(_method, null, options))
                {
                    // Concurrently: a service may answer before it has read all messages.
                    var writing = Write(call.RequestStream, messages);
                    var answers = await Read(call.ResponseStream);
                    await writing;
                    return answers;
                }
        }
    }

    private static string Nearest(string call) =>
        string.Join(", ", All.Where(m => call.StartsWith(m.Service.FullName, StringComparison.Ordinal)).Select(m => m.Name));

    private static async Task<IReadOnlyList<byte[]>> Read(IAsyncStreamReader<byte[]> answers)
    {
        var read = new List<byte[]>();
        while (await answers.MoveNext(CancellationToken.None))
        {
            read.Add(answers.Current);
        }
        return read;
    }

    private static async Task Write(IClientStreamWriter<byte[]> stream, IReadOnlyList<byte[]> messages)
    {
        try
        {
            foreach (var message in messages)
            {
                await stream.WriteAsync(message);
            }
            await stream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The service has ended the call; its status gives the reason.
        }
    }
}
