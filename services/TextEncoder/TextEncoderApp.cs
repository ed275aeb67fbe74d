using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.TextEncoder;

public static class TextEncoderApp
{
    public static WebApplication Create(string[] args) =>
        ServedModel.Create<TextEncoderOptions, TextModel, TextEncoderEndpoint>(args, TextEncoderOptions.Section);
}
