using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Json;
using Microsoft.AspNetCore.Routing;

namespace MedMoE.Mesh.Serving.Limits;

/// <summary>
/// Binds the methods of a service as grpc-dotnet does, but counts what is in a request before it is parsed (<see cref="MessageElements"/>): nothing
/// else comes between its decompression and its parser.
/// </summary>
internal sealed class LimitedMethods<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        // The class that protoc made.
        var contract = typeof(TService);
        BindServiceMethodAttribute? bind;
        while ((bind = contract.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false)) is null)
        {
            contract = contract.BaseType ?? throw new NotSupportedException($"{typeof(TService)} is not a service of gRPC");
        }
        bind.BindType.GetMethod(bind.BindMethodName, [typeof(ServiceBinderBase), contract])!.Invoke(null, [new Binder(context), null]);
    }

    private static Method<TRequest, TResponse> Limited<TRequest, TResponse>(Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        var (marshaller, type) = (method.RequestMarshaller, ((IMessage)Activator.CreateInstance<TRequest>()).Descriptor);
        return new(
            method.Type, method.ServiceName, method.Name,
            Marshallers.Create(marshaller.ContextualSerializer, context => marshaller.ContextualDeserializer(Checked(context, type))),
            method.ResponseMarshaller);
    }

    private static DeserializationContext Checked(DeserializationContext context, MessageDescriptor type) =>
        MessageElements.Exceed(context.PayloadAsReadOnlySequence(), type, ProtoJson.MaxElements)
            ? throw new RpcException(Refusals.TooManyElements(ProtoJson.MaxElements)) : context;

    private static (TInvoker Invoker, List<object> Metadata) Handler<TInvoker>(string name, params Type[] parameters)
        where TInvoker : Delegate
    {
        var handler = typeof(TService).GetMethod(name, parameters)!;
        // As grpc-dotnet: what is nearer comes last and counts more.
        return (
            handler.CreateDelegate<TInvoker>(),
            [
                .. typeof(TService).GetCustomAttributes(inherit: true), .. handler.GetCustomAttributes(inherit: true),
                new HttpMethodMetadata(["POST"], acceptCorsPreflight: true),
            ]);
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        {
            var (invoker, metadata) =
                Handler<UnaryServerMethod<TService, TRequest, TResponse>>(method.Name, typeof(TRequest), typeof(ServerCallContext));
            context.AddUnaryMethod(Limited(method), metadata, invoker);
        }

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var (invoker, metadata) = Handler<ClientStreamingServerMethod<TService, TRequest, TResponse>>(
                method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
            context.AddClientStreamingMethod(Limited(method), metadata, invoker);
        }

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var (invoker, metadata) = Handler<ServerStreamingServerMethod<TService, TRequest, TResponse>>(
                method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            context.AddServerStreamingMethod(Limited(method), metadata, invoker);
        }

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var (invoker, metadata) = Handler<DuplexStreamingServerMethod<TService, TRequest, TResponse>>(
                method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            context.AddDuplexStreamingMethod(Limited(method), metadata, invoker);
        }
    }
}
