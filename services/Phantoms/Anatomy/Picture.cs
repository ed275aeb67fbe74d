using MedMoE.Mesh.Phantoms.Drawing;

namespace MedMoE.Mesh.Phantoms.Anatomy;

/// <param name="Levels">Gray levels, 0..255.</param>
/// <param name="Masks">For each lesion of the plan, how much of each pixel it covers.</param>
internal sealed record Picture(Plane Levels, IReadOnlyList<Plane> Masks);
