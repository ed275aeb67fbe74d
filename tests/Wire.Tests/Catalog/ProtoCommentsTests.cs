using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Wire.Tests.Catalog;

public sealed class ProtoCommentsTests
{
    [Fact]
    public void Of_EachKindOfDeclaration_IsItsComment()
    {
        Assert.Equal("The Swin Transformer.", ProtoComments.Of(BackboneService.Descriptor));
        Assert.StartsWith("Analyses an image together with a report. With", ProtoComments.Of(RouterService.Descriptor.FindMethodByName("Analyze")));
        Assert.StartsWith("A dense tensor. The small", ProtoComments.Of(WireTensor.Descriptor));
        Assert.Equal(
            "The elements, row-major and little-endian: the product of shape times 4 or 2 bytes.",
            ProtoComments.Of(WireTensor.Descriptor.FindFieldByName("data")));
        Assert.Equal("IEEE 754 binary16.", ProtoComments.Of(TensorReflection.Descriptor.EnumTypes[0].FindValueByName("DATA_TYPE_FP16")));
        Assert.Equal("", ProtoComments.Of(AnalyzeRequest.Descriptor.FindFieldByName("image")));
    }

    [Fact]
    public void Of_EveryMethodThatClientsCall_SaysSomething()
    {
        var silent = ServiceCatalog.Contracts.SelectMany(contract => contract.Methods).Where(method => ProtoComments.Of(method).Length == 0);
        Assert.Equal(["medmoe.mesh.v1.ModelService.GetModel"], silent.Select(method => method.FullName));
    }
}
