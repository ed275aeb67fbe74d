using System.Text;
using MedMoE.Mesh.Gateway.Doors;
using MedMoE.Mesh.Gateway.Doors.OpenApi;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Tests.Doors.OpenApi;

public sealed class ApiDocumentTests
{
    private static readonly DoorRoute[] _routes =
    [
        .. typeof(IDoor).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IDoor)))
            .SelectMany(type => ((IDoor)Activator.CreateInstance(type)!).Routes),
    ];

    private readonly OpenApiDocument _document = ApiDocument.Create();

    private IEnumerable<(string Verb, string Path, OpenApiOperation Operation)> Described => _document.Paths
        .SelectMany(path => path.Value.Operations!.Select(operation => (operation.Key.Method, path.Key, operation.Value)));

    private IEnumerable<OpenApiOperation> Operations => Described.Select(it => it.Operation);

    [Fact]
    public void Paths_AreTheRoutes_EachDescribed()
    {
        Assert.Equal(Requests(_routes.Select(route => (route.Verb, route.Path))), Requests(Described.Select(it => (it.Verb, it.Path))));
        Assert.All(Operations, operation => Assert.NotEmpty(operation.Summary!));
        Assert.All(Operations, operation => Assert.NotEmpty(operation.Description!));
        Assert.Equal(Operations.Count(), Operations.Select(operation => operation.OperationId).Distinct().Count());
    }

    [Fact]
    public async Task Examples_AreReadByTheirDoor()
    {
        foreach (var (verb, path, operation) in Described.Where(it => it.Operation.RequestBody is not null))
        {
            var (type, content) = operation.RequestBody!.Content!.First();
            var examples = content.Examples?.Values.Select(example => example.Value).ToArray() ?? [content.Example];
            Assert.NotEmpty(examples);
            foreach (var example in examples)
            {
                Assert.True(example is not null, path);
                var request = new DefaultHttpContext().Request;
                (request.Method, request.ContentType) = (verb, type);
                var call = _routes.Single(route => (route.Verb, route.Path) == (verb, path)).Open(request);
                call.CheckHead();
                var message = await call.Read(Encoding.UTF8.GetBytes(example.ToJsonString()));
                Assert.NotEqual(0, message.CalculateSize());
            }
        }
    }

    [Fact]
    public void Schemas_SayWhatTheProtosSay()
    {
        var tensor = _document.Components!.Schemas!["WireTensor"];
        Assert.Equal(["dataType", "shape", "data", "values"], tensor.Properties!.Keys);
        Assert.Equal("Dimensions, outermost first. Empty for a single number.", tensor.Properties["shape"].Description);
        Assert.Equal("base64", ((OpenApiSchema)tensor.Properties["data"]).ContentEncoding);
        Assert.Equal("v_g, [D], FP32.", _document.Components.Schemas["EmbedImageResponse"].Properties!["embedding"].Description);
    }

    [Fact]
    public void Errors_OfAMethod_ReplaceTheCommonOnes()
    {
        var pyramid = _document.Paths["/v1/image/extract-pyramid"].Operations![HttpMethod.Post].Responses!;
        Assert.StartsWith("`INVALID_ARGUMENT`: not an image, too many pixels", pyramid["400"].Description);
        var classify = _document.Paths["/v1/classify"].Operations![HttpMethod.Post].Responses!;
        Assert.StartsWith("`INVALID_ARGUMENT`: names the invalid field", classify["400"].Description);
        Assert.Equal("The mesh's API for clients.", _document.Tags!.First().Description);
        Assert.DoesNotContain("413", _document.Paths["/v1/experts"].Operations![HttpMethod.Get].Responses!.Keys);
    }

    [Fact]
    public void Fields_ThatAnswersAlwaysHave_AreRequired()
    {
        Assert.Contains("available", _document.Components!.Schemas![nameof(Expert)].Required!);
        Assert.Null(_document.Components.Schemas[nameof(AnalyzeRequest)].Required);
    }

    private static IEnumerable<string> Requests(IEnumerable<(string Verb, string Path)> requests) =>
        requests.Select(request => $"{request.Verb} {request.Path}").Order();
}
