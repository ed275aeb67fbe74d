using System.Globalization;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Models;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.OpenInference;

/// <summary>The parameters of a request.</summary>
/// <param name="Timeout">How long it may take; null: as long as the call.</param>
/// <param name="Gating">How the expert is chosen; null: the mesh's default.</param>
/// <param name="GivesWay">Whether its work is done after that of others, and dropped first.</param>
/// <param name="MarksEnd">Whether an answer of a stream says that no other one follows for its request.</param>
internal sealed record InferSettings(TimeSpan? Timeout, V1.Gating? Gating, bool GivesWay, bool MarksEnd)
{
    public const string FinalResponse = "triton_final_response";

    /// <summary>Of requests, numbered from 1, the highest.</summary>
    public const int Priorities = 2;

    public const int DefaultPriority = 1;

    private const string TimeoutName = "timeout";
    private const string PriorityName = "priority";
    private const string GatingName = "gating";
    private const string ExpertName = "expert";
    private const string MarksEndName = "triton_enable_empty_final_response";

    // Longer is no limit: the call's deadline ends it.
    private const long LongestTimeout = 24L * 3600 * 1_000_000;

    private static readonly string[] _policies =
        [.. Enum.GetValues<GatingPolicy>().Where(policy => policy != GatingPolicy.Unspecified).Select(NameOf)];

    /// <exception cref="InvalidFieldException">A parameter is unknown, or its value is none.</exception>
    public static InferSettings Read(IReadOnlyDictionary<string, InferParameter> parameters, InferenceModel model)
    {
        string[] allowed = [TimeoutName, PriorityName, MarksEndName, .. model.TakesGating ? [GatingName, ExpertName] : Array.Empty<string>()];
        if (parameters.Keys.FirstOrDefault(name => !allowed.Contains(name)) is { } unknown)
        {
            throw Fault(
                Shown(unknown),
                unknown.StartsWith("sequence_", StringComparison.Ordinal)
                    ? "there are no sequences: every request stands for itself"
                    : $"is not a parameter of {model.Name}: {string.Join(", ", allowed)}");
        }
        return new InferSettings(
            parameters.GetValueOrDefault(TimeoutName) is { } timeout && Number(timeout, TimeoutName) is > 0 and <= LongestTimeout and var micros
                ? TimeSpan.FromMicroseconds(micros) : null,
            ReadGating(parameters),
            // Clients that want the default send 0, and a number over the last one is that of another server.
            parameters.GetValueOrDefault(PriorityName) is { } priority && Number(priority, PriorityName) > DefaultPriority,
            parameters.GetValueOrDefault(MarksEndName) is { } marks && (marks.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.BoolParam
                ? marks.BoolParam : throw Fault(MarksEndName, "is not a bool")));
    }

    private static V1.Gating? ReadGating(IReadOnlyDictionary<string, InferParameter> parameters)
    {
        var expert = parameters.GetValueOrDefault(ExpertName) is { } named ? Text(named, ExpertName) : "";
        if (parameters.GetValueOrDefault(GatingName) is not { } gating)
        {
            return expert.Length == 0 ? null : new V1.Gating { Policy = GatingPolicy.Explicit, Expert = expert };
        }
        var index = Array.IndexOf(_policies, Text(gating, GatingName));
        return index < 0 ? throw Fault(GatingName, $"is none of {string.Join(", ", _policies)}")
            : new V1.Gating { Policy = Enum.GetValues<GatingPolicy>()[index + 1], Expert = expert };
    }

    // Some clients send every number as unsigned, or as text.
    private static long Number(InferParameter parameter, string name) => parameter.ParameterChoiceCase switch
    {
        InferParameter.ParameterChoiceOneofCase.Int64Param when parameter.Int64Param >= 0 => parameter.Int64Param,
        InferParameter.ParameterChoiceOneofCase.Uint64Param => (long)Math.Min(parameter.Uint64Param, long.MaxValue),
        InferParameter.ParameterChoiceOneofCase.StringParam
            when long.TryParse(parameter.StringParam, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Fault(name, "is not a number from 0"),
    };

    private static string Text(InferParameter parameter, string name) =>
        parameter.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.StringParam ? parameter.StringParam
        : throw Fault(name, "is not a string");

    private static InvalidFieldException Fault(string name, string reason) => new($"parameters.{name}", reason);

    private static string Shown(string name) => Quoted.Of(name)[1..^1];

    private static string NameOf(GatingPolicy policy) => policy.ToString().ToLowerInvariant();
}
