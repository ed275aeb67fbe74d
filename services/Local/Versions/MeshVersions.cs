using System.Globalization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Versions;

/// <summary>
/// The versions of the model in a mesh: one that answers, and at most one candidate beside it. A candidate costs a router and the services whose
/// weights differ; the others are shared.
/// </summary>
internal sealed class MeshVersions : IDisposable
{
    private readonly Supervisor _supervisor;
    private readonly ServiceArguments _arguments;
    private readonly Func<MeshVersion, CancellationToken, Task> _answers;
    private readonly MeshLog _log;
    private readonly SemaphoreSlim _changing = new(1);

    // By name, of every version that has run: a name stands for these weights.
    private readonly Dictionary<string, Task<PartContents>> _contents = [];
    private MeshVersion? _previous;
    private int _count = 1;

    /// <param name="supervisor">Runs the services.</param>
    /// <param name="arguments">Of the services of a new version.</param>
    /// <param name="bundle">That of the version which runs.</param>
    /// <param name="answers">Waits until every expert of a version that runs has answered through the gateway.</param>
    /// <param name="log">Where changes are told.</param>
    public MeshVersions(
        Supervisor supervisor, ServiceArguments arguments, ModelBundle bundle, Func<MeshVersion, CancellationToken, Task> answers, MeshLog log)
    {
        (_supervisor, _arguments, _answers, _log) = (supervisor, arguments, answers, log);
        // Now: the files may be others when there is a candidate.
        _contents[bundle.Manifest.ModelVersion] = Task.Run(() => PartContents.Of(bundle));
    }

    public IReadOnlyList<VersionStatus> Status()
    {
        var (present, candidate, share) = _supervisor.Versions;
        var weight = share?.Weight ?? 0;
        List<VersionStatus> all = [new(present.Name, "serves", 100 - weight, present.Bundle, Own(present, candidate))];
        if (candidate is not null)
        {
            all.Add(new(candidate.Name, share?.IsShadow == true ? "shadow" : "candidate", weight, candidate.Bundle, Own(candidate, present)));
        }
        if (_previous is { } previous)
        {
            all.Add(new(previous.Name, "previous", 0, previous.Bundle, []));
        }
        return all;

        static IReadOnlyList<string> Own(MeshVersion version, MeshVersion? other) => [.. version.OwnBeside(other).Select(spec => spec.Service.Name)];
    }

    /// <summary>Starts a candidate, or changes the share of the one that there is; returns when it answers.</summary>
    /// <exception cref="LocalMeshException">It cannot be a candidate, or does not start; the mesh is as before.</exception>
    /// <exception cref="BundleException">The bundle cannot be read.</exception>
    public Task Deploy(string folder, CandidateShare share, CancellationToken cancellation) =>
        InTurn(() => Deploy(ModelBundle.Open(folder), share, cancellation), cancellation);

    /// <summary>Makes the candidate the version that answers, and ends what only the one before needs; returns when that has ended.</summary>
    /// <exception cref="LocalMeshException">There is no candidate, or it lacks an expert.</exception>
    public Task Promote(CancellationToken cancellation) => InTurn(Promote, cancellation);

    /// <summary>Ends the candidate. Without one, starts the previous version again in place of the present one.</summary>
    /// <exception cref="LocalMeshException">There is neither, or the previous one does not start.</exception>
    public Task Rollback(CancellationToken cancellation) => InTurn(
        async () =>
        {
            if (_supervisor.Versions is { Candidate: not null })
            {
                await EndCandidate();
            }
            else if (_previous is { } previous)
            {
                await Deploy(ModelBundle.Open(previous.Bundle), new CandidateShare(Weight: 0, IsShadow: false), cancellation);
                await Promote();
            }
            else
            {
                throw new LocalMeshException("nothing to roll back: there is no candidate, and none was promoted");
            }
        },
        cancellation);

    public void Dispose() => _changing.Dispose();

    private async Task Deploy(ModelBundle bundle, CandidateShare share, CancellationToken cancellation)
    {
        if (_arguments.WatchesBundles)
        {
            throw new LocalMeshException("the mesh exchanges weights in place (Model:Watch), so that nobody knows which ones a candidate may share");
        }
        var (present, candidate, _) = _supervisor.Versions;
        var name = bundle.Manifest.ModelVersion;
        var contents = await ContentsOf(bundle);
        if (name == present.Name)
        {
            throw new LocalMeshException($"{name} is the version that serves already");
        }
        if (candidate is not null && candidate.Name != name)
        {
            throw new LocalMeshException($"{candidate.Name} is on trial: promote it or roll it back first");
        }
        if (share.Weight > 0 && Missing(bundle.Manifest, present) is { Length: > 0 } missing)
        {
            throw new LocalMeshException($"{name} lacks {missing} of {present.Name}: it can be a shadow, or answer the calls that name it");
        }
        if (candidate is null)
        {
            candidate = await Start(bundle, present, contents, cancellation);
            // Not before: a bundle that does not start may be mended under its name.
            _contents[name] = Task.FromResult(contents);
        }
        _supervisor.Publish(new ServedVersions(present, candidate, share));
        var gets = share.IsShadow ? "gets copies of the calls" : $"answers {Percent(share.Weight)} of the calls, and those that name it";
        _log.Info($"{name}: {gets}");
    }

    private async Task<MeshVersion> Start(ModelBundle bundle, MeshVersion present, PartContents contents, CancellationToken cancellation)
    {
        var before = await _contents[present.Name];
        var all = _arguments.VersionOf(bundle.Manifest, bundle.Root, ++_count);
        var candidate = all with
        {
            Services =
            [
                .. all.Services.Select(spec => spec.Service.Kind != ServiceCatalog.Router && contents.HasEqual(spec.Service, before)
                    ? present.Services.FirstOrDefault(shared => shared.Service == spec.Service) ?? spec : spec),
            ],
        };
        var own = candidate.OwnBeside(present).ToArray();
        _log.Info($"{candidate.Name}: starting {string.Join(", ", own.Select(spec => spec.Service))}; sharing the rest with {present.Name}");
        _supervisor.Publish(new ServedVersions(present, candidate));
        try
        {
            await _supervisor.Scale(own.ToDictionary(spec => spec, spec => Replicas(present, spec)), cancellation);
            await _answers(candidate, cancellation);
            return candidate;
        }
        catch
        {
            await EndCandidate();
            throw;
        }
    }

    private async Task Promote()
    {
        var (present, candidate, _) = _supervisor.Versions;
        if (candidate is null)
        {
            throw new LocalMeshException("there is no candidate; start one with ./mesh deploy");
        }
        if (Missing(ModelBundle.Open(candidate.Bundle).Manifest, present) is { Length: > 0 } missing)
        {
            throw new LocalMeshException(
                $"{candidate.Name} lacks {missing} of {present.Name}, and calls for it would fail; "
                + "to do without it, start a mesh with the new bundle");
        }
        // What both share starts again from the candidate's bundle, because the other may be deleted now.
        var fresh = _arguments.VersionOf(ModelBundle.Open(candidate.Bundle).Manifest, candidate.Bundle, candidate.Number);
        var renewed = candidate.Services.Intersect(present.Services).Where(spec => spec.Service.Part is not null).ToDictionary(
            spec => spec, spec => fresh.Services.Single(other => other.Service == spec.Service) with { Version = spec.Version });
        var promoted = candidate with { Services = [.. candidate.Services.Select(spec => renewed.GetValueOrDefault(spec, spec))] };
        var ending = present.OwnBeside(candidate).ToArray();
        _supervisor.Publish(new ServedVersions(promoted), renewed);
        _previous = present;
        _log.Info($"{promoted.Name} serves now, in place of {present.Name}");
        await _supervisor.End(ending);
    }

    private async Task EndCandidate()
    {
        if (_supervisor.Versions is { Candidate: { } candidate, Present: var present })
        {
            _supervisor.Publish(new ServedVersions(present));
            await _supervisor.End([.. candidate.OwnBeside(present)]);
            _log.Info($"{candidate.Name} has ended; {present.Name} serves");
        }
    }

    /// <exception cref="LocalMeshException">Other weights have run under this name.</exception>
    private async Task<PartContents> ContentsOf(ModelBundle bundle)
    {
        var name = bundle.Manifest.ModelVersion;
        var contents = await Task.Run(() => PartContents.Of(bundle));
        if (_contents.TryGetValue(name, out var known) && (await known).Differing(contents) is { Count: > 0 } differing)
        {
            throw new LocalMeshException(
                $"{name} has run here with other weights ({string.Join(", ", differing)}): give the bundle another version in "
                + ModelBundle.ManifestFile);
        }
        return contents;
    }

    /// <summary>As many as the present version has, so that a promoted candidate can bear its load.</summary>
    private int Replicas(MeshVersion present, ProcessSpec spec) =>
        present.Services.FirstOrDefault(other => other.Service == spec.Service) is { } other
        ? _supervisor.StatusOf(other).Count(replica => replica.Number > 0) : 1;

    private static string Missing(BundleManifest manifest, MeshVersion present) => string.Join(", ", present.Services
        .Where(spec => spec.Service.Expert is { } expert && manifest.IndexOf(expert) < 0).Select(spec => spec.Service));

    private static string Percent(double weight) => string.Create(CultureInfo.InvariantCulture, $"{weight:0.##} %");

    private async Task InTurn(Func<Task> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            await change();
        }
        finally
        {
            _changing.Release();
        }
    }
}
