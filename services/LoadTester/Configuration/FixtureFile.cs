using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>Files of messages, each prefixed by its length as a varint (ghz -B).</summary>
internal static class FixtureFile
{
    /// <summary>Reads the messages of <paramref name="type"/>, still serialised.</summary>
    /// <exception cref="LoadException">The file is missing, empty, or has other messages.</exception>
    public static IReadOnlyList<byte[]> Read(string file, MessageDescriptor type)
    {
        var input = new CodedInputStream(CommandHost.ReadFile(file));
        var messages = new List<byte[]>();
        try
        {
            while (!input.IsAtEnd)
            {
                var message = input.ReadBytes();
                type.Parser.ParseFrom(message);
                messages.Add(message.ToByteArray());
            }
        }
        catch (InvalidProtocolBufferException)
        {
            throw new LoadException($"{file}: message {messages.Count + 1} is not a length-prefixed {type.FullName}");
        }
        return messages.Count > 0 ? messages : throw new LoadException($"{file}: no messages");
    }

    public static void Write(string file, IEnumerable<IMessage> messages)
    {
        using var output = File.Create(file);
        foreach (var message in messages)
        {
            message.WriteDelimitedTo(output);
        }
    }
}
