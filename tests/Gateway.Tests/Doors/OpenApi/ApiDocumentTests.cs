using System.Text;
using MedMoE.Mesh.Gateway.Doors.Json;
using MedMoE.Mesh.Gateway.Doors.OpenApi;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Json;
using Microsoft.OpenApi;

namespace MedMoE.Mesh.Gateway.Tests.Doors.OpenApi;

public sealed class ApiDocumentTests
{
    private readonly OpenApiDocument _document = ApiDocument.Create();

    private IEnumerable<OpenApiOperation> Operations => _document.Paths.Values.SelectMany(path => path.Operations!.Values);

    [Fact]
    public void Paths_AreTheRoutes_EachDescribed()
    {
        Assert.Equal(JsonRoutes.All.Select(route => route.Path), _document.Paths.Keys);
        Assert.All(Operations, operation => Assert.NotEmpty(operation.Summary!));
        Assert.All(Operations, operation => Assert.NotEmpty(operation.Description!));
        Assert.Equal(Operations.Count(), Operations.Select(operation => operation.OperationId).Distinct().Count());
    }

    [Fact]
    public void Examples_AreRequestsOfTheirMethod()
    {
        foreach (var route in JsonRoutes.All.Where(route => route.Verb == "POST"))
        {
            var example = RequestExamples.Of(route.Method.InputType);
            Assert.NotNull(example);
            var message = ProtoJson.Read(Encoding.UTF8.GetBytes(example.ToJsonString()), route.Method.InputType);
            Assert.NotEqual(0, message.CalculateSize());
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
}
