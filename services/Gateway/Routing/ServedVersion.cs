namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>A version of the model behind the gateway.</summary>
/// <param name="Name">"name/version" of its bundle; empty if the settings name none.</param>
/// <param name="Weight">Percentage of the calls to the router; the version that serves gets what the others leave.</param>
/// <param name="IsShadow">Whether it gets copies of calls.</param>
internal sealed record ServedVersion(string Name, double Weight, bool IsShadow);
