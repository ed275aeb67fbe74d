using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Doors.Web;

/// <summary>Lets web pages of the origins in Gateway:CorsOrigins call the HTTP port (CORS).</summary>
internal static class WebCallers
{
    private const string Any = "*";

    // What clients of gRPC-Web read.
    private static readonly string[] _exposed =
    [
        GrpcAnswer.StatusField, GrpcAnswer.MessageField, FieldFaults.Trailer, GrpcErrors.PushbackTrailer, GrpcErrors.ServiceTrailer, RequestId.Header,
        VersionHeader.Name, "retry-after", "www-authenticate",
    ];

    public static void AddWebCallers(this WebApplicationBuilder builder)
    {
        builder.Services.AddCors();
        builder.Services.AddOptions<CorsOptions>().Configure<IOptions<GatewayOptions>>((cors, gateway) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(Origins(gateway.Value.CorsOrigins)).WithMethods(HttpMethods.Get, HttpMethods.Post).AllowAnyHeader()
            .WithExposedHeaders(_exposed).SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
    }

    public static void UseWebCallers(this IApplicationBuilder app)
    {
        // Without an origin there is nothing to be answered to the questions of browsers.
        if (Origins(app.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.CorsOrigins).Length > 0)
        {
            app.UseCors();
        }
    }

    private static string[] Origins(string list) =>
        [.. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Checked)];

    private static string Checked(string origin) =>
        origin == Any || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == origin)
            ? origin
            : throw new InvalidSettingException(
                GatewayOptions.Section, $"CorsOrigins: '{origin}' is not an origin such as https://viewer.example.org, without a slash at its end");
}
