using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>One channel per service, load-balanced over its replicas.</summary>
public sealed class MeshChannels : IDisposable
{
    /// <summary>
    /// Bytes of an HTTP/2 stream on their way, in either direction. The default is less than one pyramid, which would wait for a round trip in its
    /// middle.
    /// </summary>
    public const int StreamWindow = 8 << 20;

    private static readonly PassedHeaders _passed = new();

    private readonly IOptionsMonitor<EndpointOptions> _endpoints;
    private readonly ILoggerFactory _loggers;
    private readonly MeshTransport _transport;
    private readonly EndpointResolverFactory _resolvers;
    private readonly ServiceProvider _balancing;
    private readonly ConcurrentDictionary<MeshService, Lazy<(GrpcChannel Channel, CallInvoker Calls)>> _channels = [];

    public MeshChannels(IOptionsMonitor<EndpointOptions> endpoints, MeshTransport transport, ILoggerFactory loggers)
    {
        (_endpoints, _transport, _loggers) = (endpoints, transport, loggers);
        _resolvers = new EndpointResolverFactory(endpoints);
        _balancing = new ServiceCollection()
            .AddSingleton<ResolverFactory>(_resolvers)
            .AddSingleton<LoadBalancerFactory>(new ReplicaBalancerFactory())
            .BuildServiceProvider();
    }

    /// <summary>Whether a call would fail now, because no replica can be reached. False before the first call.</summary>
    public bool IsAway(MeshService service) =>
        _channels.TryGetValue(service, out var opened)
        && opened is { IsValueCreated: true, Value.Channel.State: ConnectivityState.TransientFailure };

    /// <summary>Whether a replica is connected now.</summary>
    public bool IsConnected(MeshService service) =>
        _channels.TryGetValue(service, out var opened) && opened is { IsValueCreated: true, Value.Channel.State: ConnectivityState.Ready };

    /// <summary>
    /// Whether the service has a replica, by the settings or by DNS, reachable or not; true if DNS does not answer.
    /// </summary>
    /// <param name="service">Which.</param>
    /// <param name="trustsConnection">Whether a name need not be looked up while a replica is connected, which may be stopping.</param>
    /// <param name="cancellation">Of the lookup.</param>
    public async Task<bool> HasReplica(MeshService service, bool trustsConnection, CancellationToken cancellation)
    {
        var address = AddressOf(service);
        try
        {
            return address is { IsName: true, Hosts: [var name] }
                ? (trustsConnection && IsConnected(service)) || (await Names.LookUp(name.Host, cancellation)).Length > 0
                : address.Hosts.Count > 0;
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return true;
        }
    }

    /// <summary>Looks for the service's replicas anew, and waits until one is connected.</summary>
    public Task Connect(MeshService service, CancellationToken cancellation)
    {
        AddressOf(service);
        var opened = _channels.GetOrAdd(service, key => new(() => Open(key))).Value.Channel;
        _resolvers.Refresh(service);
        return opened.ConnectAsync(cancellation);
    }

    /// <exception cref="RpcException">UNAVAILABLE: the settings, which may change at run time, have no valid address for the service.</exception>
    public CallInvoker Of(MeshService service)
    {
        AddressOf(service);
        return _channels.GetOrAdd(service, key => new(() => Open(key))).Value.Calls;
    }

    /// <exception cref="RpcException">UNAVAILABLE: the settings have no valid address for the service.</exception>
    private EndpointAddress AddressOf(MeshService service)
    {
        try
        {
            return _endpoints.CurrentValue.AddressOf(service);
        }
        catch (EndpointException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    public void Dispose()
    {
        foreach (var channel in _channels.Values.Where(c => c.IsValueCreated))
        {
            channel.Value.Channel.Dispose();
        }
        _balancing.Dispose();
    }

    private (GrpcChannel Channel, CallInvoker Calls) Open(MeshService service)
    {
        var channel = Connect(service);
        return (channel, channel.Intercept(_passed, new MeasuredCalls(TimeProvider.System)));
    }

    private GrpcChannel Connect(MeshService service) => GrpcChannel.ForAddress(EndpointResolverFactory.AddressOf(service), new GrpcChannelOptions
    {
        Credentials = _transport.Credentials,
        ServiceProvider = _balancing,
        LoggerFactory = _loggers,
        ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new LoadBalancingConfig(ReplicaBalancerFactory.PolicyName) } },
        // The receiver limits the size.
        MaxReceiveMessageSize = null,
        MaxSendMessageSize = null,
        // Reconnect soon: the replica may be back.
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(200),
        MaxReconnectBackoff = TimeSpan.FromSeconds(5),
        HttpHandler = _transport.Secure(Handler(), service.Name),
    });

    private SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindow,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        handler.Ping(_endpoints.CurrentValue.KeepAliveTimeout);
        return handler;
    }
}
