using System.Collections;
using Google.Protobuf;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Services.Tests.Mutations;

/// <summary>Asserts that every number of an answer is finite, including its tensors.</summary>
internal static class Finite
{
    public static void Assert(object? value, string name)
    {
        switch (value)
        {
            case float number:
                Xunit.Assert.True(float.IsFinite(number), $"{name} is {number}");
                break;
            case WireTensor tensor:
                WireTensors.RequireFinite(tensor, name);
                break;
            case IMessage message:
                foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
                {
                    Assert(field.Accessor.GetValue(message), $"{name}.{field.Name}");
                }
                break;
            case IDictionary map:
                Assert(map.Values, name);
                break;
            case IEnumerable items and not (string or ByteString):
                foreach (var item in items)
                {
                    Assert(item, name);
                }
                break;
            default:
                break;
        }
    }
}
