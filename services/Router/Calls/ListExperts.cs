using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Router.Calls;

/// <summary>ListExperts: the experts of the manifest, and whether each can be reached.</summary>
internal sealed class ListExperts(KnownModels models, RouterGate gate)
{
    public async Task<ListExpertsResponse> Run(CancellationToken cancellation) => new()
    {
        Experts = { await Task.WhenAll(gate.Manifest.Experts.Select(entry => Describe(entry, cancellation))) },
        Model = gate.Info,
    };

    private async Task<Expert> Describe(ExpertEntry entry, CancellationToken cancellation) => new()
    {
        Name = entry.Name,
        ReportType = entry.ReportType,
        DicomModalities = { entry.DicomModalities },
        Available = await models.AskOrNull(MeshService.ExpertNamed(entry.Name), cancellation) is not null,
    };
}
