using Grpc.Core;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Router.Models;

/// <summary>Names this router's version of the model in every answer, and refuses calls for another one.</summary>
internal sealed class VersionCheck(RequestDelegate next, RouterGate gate)
{
    private readonly string _version = VersionHeader.ValueOf(gate.Info.ModelVersion);

    public Task InvokeAsync(HttpContext context)
    {
        if (!CallHeaders.IsCall(context.Request))
        {
            return next(context);
        }
        if (context.Request.Headers.TryGetValue(VersionHeader.Name, out var named) && named != _version)
        {
            context.Response.Refuse(new Status(StatusCode.NotFound, $"{VersionHeader.Name}: this mesh runs {gate.Info.ModelVersion}"));
            return Task.CompletedTask;
        }
        context.Response.Headers[VersionHeader.Name] = _version;
        return next(context);
    }
}
