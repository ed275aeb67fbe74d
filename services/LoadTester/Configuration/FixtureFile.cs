using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>Files of messages, each behind its length as a varint (ghz -B).</summary>
internal static class FixtureFile
{
    /// <summary>Reads the messages as they lie there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="type">What each must be.</param>
    /// <exception cref="LoadException">There is none, or the file is not of such messages.</exception>
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
            throw new LoadException($"{file}: message {messages.Count + 1} is no {type.FullName} behind its length");
        }
        return messages.Count > 0 ? messages : throw new LoadException($"{file}: no message");
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
