namespace MedMoE.Mesh.Local.Plan;

/// <summary>Names of the files that tell services the addresses of others.</summary>
internal interface IEndpointsFolder
{
    /// <summary>The gateway's, with all versions.</summary>
    string EndpointsFile { get; }

    /// <summary>That of a version's router.</summary>
    string EndpointsOf(int version);
}
