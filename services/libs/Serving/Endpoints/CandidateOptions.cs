using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// A version of the model beside the one that serves, an element of "Endpoints:Candidates". It has a router of its own; services whose weights are
/// equal are shared.
/// </summary>
public sealed record CandidateOptions
{
    /// <summary>Its name, as answers give it: "medmoe/2.0".</summary>
    public string Version { get; init; } = "";

    /// <summary>Percentage of the calls to the router that it answers, besides those that name it. Default 0.</summary>
    public double Weight { get; init; }

    /// <summary>Whether it gets copies of calls, whose answers are only compared. Default: no.</summary>
    public bool Shadow { get; init; }

    /// <summary>Addresses of its own services, as in Endpoints:Services.</summary>
    public IReadOnlyDictionary<string, string> Services { get; init; } = new Dictionary<string, string>();

    /// <summary>The address of a service of its own; null if it shares the one of the present version.</summary>
    /// <exception cref="EndpointException">The setting is invalid.</exception>
    public EndpointAddress? AddressOf(MeshService service) => Services.TryGetValue(service.Name, out var own)
        ? EndpointAddress.Parse($"{EndpointOptions.Section}:{nameof(EndpointOptions.Candidates)}: {Version}: {service.Name}", own)
        : null;

    /// <summary>Checks the candidates of a mesh together.</summary>
    /// <exception cref="EndpointException">They cannot be used.</exception>
    public static void Require(EndpointOptions endpoints)
    {
        if (endpoints.Candidates.Count > 0 && endpoints.Version.Length == 0)
        {
            throw Invalid(nameof(EndpointOptions.Version), "is missing; it is the name of the version beside the candidates");
        }
        var names = new HashSet<string> { endpoints.Version };
        foreach (var candidate in endpoints.Candidates)
        {
            var fault = candidate.Version.Length == 0 ? "a candidate has no Version"
                : !names.Add(candidate.Version) ? $"{candidate.Version} is there twice"
                : candidate.Weight is not (>= 0 and <= 100)
                    ? FormattableString.Invariant($"the Weight of {candidate.Version} is {candidate.Weight}; it must be from 0 to 100")
                : candidate is { Shadow: true, Weight: > 0 } ? $"{candidate.Version} has a Weight and is a Shadow; it can be only one of them"
                : !candidate.Services.ContainsKey(MeshService.Router.Name) ? $"{candidate.Version} has no router of its own"
                : candidate.Services.Keys.FirstOrDefault(name => MeshService.Find(name) is null) is { } unknown
                    ? $"{candidate.Version} has a service \"{unknown}\", which is not one of the mesh"
                : null;
            if (fault is not null)
            {
                throw Invalid(nameof(EndpointOptions.Candidates), fault);
            }
        }
        var sum = endpoints.Candidates.Sum(candidate => candidate.Weight);
        if (sum > 100)
        {
            throw Invalid(nameof(EndpointOptions.Candidates), FormattableString.Invariant($"the weights add up to {sum}, which is more than 100"));
        }
    }

    private static EndpointException Invalid(string setting, string fault) => new($"{EndpointOptions.Section}:{setting}", fault);
}
