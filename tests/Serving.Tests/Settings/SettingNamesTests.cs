using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.ServicesUnderTest;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Tests.Settings;

public sealed class SettingNamesTests
{
    [Theory]
    [InlineData("Serving:MaxMesageBytes=1024", "Serving:MaxMesageBytes: there is no such setting; the nearest name is Serving:MaxMessageBytes")]
    [InlineData("Servin:MaxMessageBytes=1024", "Servin:MaxMessageBytes: there is no such setting; the nearest name is Serving:MaxMessageBytes")]
    [InlineData("Endpoints:Refreshing=00:00:01", "Endpoints:Refreshing: there is no such setting; the nearest name is Endpoints:Refresh")]
    [InlineData(
        "Foo:Bar=1",
        "Foo:Bar: there is no such setting; the sections are Serving, Model, Endpoints, Tls, Cache, Access, Audit, Logging, Backbone, TextEncoder, "
        + "Expert, Router, Gateway")]
    [InlineData(
        "Endpoints:Foo=1",
        "Endpoints:Foo: there is no such setting; those of Endpoints are File, Services, Default, Refresh, KeepAliveTimeout, Version, Candidates")]
    [InlineData("Serving:MaxMessageBytes=32MB", "Serving:MaxMessageBytes: \"32MB\" is not a whole number up to 2147483647")]
    [InlineData("Serving:ShutdownTimeout=5x", "Serving:ShutdownTimeout: \"5x\" is not a time as 00:00:30 (hours, minutes, seconds)")]
    [InlineData("Serving:ShutdownTimeout=30", "Serving:ShutdownTimeout: \"30\" is not a time as 00:00:30 (hours, minutes, seconds)")]
    [InlineData("Serving:StopWithInput=yes", "Serving:StopWithInput: \"yes\" is not true or false")]
    [InlineData("Serving:Log=XML", "Serving:Log: \"XML\" is not one of Text, Json")]
    public async Task Start_SettingThatCannotBe_SaysWhy(string setting, string expected)
    {
        var e = await Assert.ThrowsAsync<InvalidSettingException>(() => RunningService.Start(Create, null, $"--{setting}"));
        Assert.Equal(expected, e.Message);
    }

    /// <summary>A setting that is checked when the host exists.</summary>
    [Fact]
    public async Task Start_SettingOutOfRange_SaysWhichAndWhy()
    {
        var e = await Assert.ThrowsAsync<OptionsValidationException>(
            () => RunningService.Start(Create, null, "--Endpoints:KeepAliveTimeout=00:00:01"));
        Assert.Equal("Endpoints:KeepAliveTimeout is 00:00:01; it must be from 00:00:04 to 01:00:00", e.Message);
    }

    /// <summary><c>mesh up --set</c> gives every service all settings.</summary>
    [Theory]
    [InlineData("Router:Timeout=00:00:05")]
    [InlineData("serving:maxmessagebytes=65536")]
    [InlineData("Logging:LogLevel:Default=Debug")]
    public async Task Start_SettingOfAnotherServiceOrCase_IsAccepted(string setting)
    {
        await using var service = await RunningService.Start(Create, null, $"--{setting}");
        Assert.NotNull(service);
    }

    private static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.AddEndpoints();
        var app = builder.Build();
        app.MapServing();
        return app;
    }
}
