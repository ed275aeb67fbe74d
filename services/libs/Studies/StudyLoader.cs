namespace MedMoE.Mesh.Studies;

/// <summary>Reads ahead and prepares studies in parallel. Results and skipped records depend only on data and options: the order is kept.</summary>
public sealed class StudyLoader(StudySource source, StudyPreparation preparation, LoaderOptions options)
{
    /// <inheritdoc cref="StudySource.Digest"/>
    public string Digest => source.Digest;

    /// <summary>
    /// An epoch in batches. An incomplete last batch is dropped, because contrastive losses are not comparable between sizes; the next epoch drops
    /// other studies. The studies of a report type that never fills a batch are reported as skipped.
    /// </summary>
    /// <param name="epoch">From 0; the order depends on it and on the seed.</param>
    /// <param name="skipped">Collects skipped records.</param>
    /// <param name="skipBatches">Number of batches to skip; the others are unchanged.</param>
    /// <param name="cancellation">Ends the epoch with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StudyDataException">A label is unknown, or the epoch has no batch.</exception>
    public IEnumerable<PreparedBatch> Read(int epoch, SkippedRecords skipped, int skipBatches = 0, CancellationToken cancellation = default)
    {
        var order = new ShuffleOrder(options.Seed, epoch, options.ShuffleWindow);
        var waiting = new Dictionary<int, List<PreparedStudy>>();
        var batched = new HashSet<int>();
        var batches = 0;
        foreach (var study in Prepare(source.Read(order), skipped, cancellation))
        {
            var kind = options.Batches == BatchPlan.ByType ? study.ReportType : 0;
            if (!waiting.TryGetValue(kind, out var batch))
            {
                waiting[kind] = batch = new List<PreparedStudy>(options.BatchSize);
            }
            batch.Add(study);
            if (batch.Count == options.BatchSize)
            {
                waiting.Remove(kind);
                batched.Add(kind);
                // Skipped batches must be prepared too: an image that cannot be decoded changes which studies are in later batches.
                if (batches >= skipBatches)
                {
                    yield return new PreparedBatch(batches, batch);
                }
                batches++;
            }
        }
        if (batches == 0)
        {
            throw TooFew(waiting.Values.Sum(w => w.Count), skipped);
        }
        skipped.Unbatched = waiting.Where(type => batched.Contains(type.Key)).Sum(type => type.Value.Count);
        if (options.Batches == BatchPlan.ByType)
        {
            foreach (var study in waiting.Where(type => !batched.Contains(type.Key)).SelectMany(type => type.Value))
            {
                var usable = waiting[study.ReportType].Count;
                var studies = usable == 1 ? "study" : "studies";
                skipped.Add(study.Key, $"its report type has {usable} usable {studies}, fewer than a batch of {options.BatchSize}");
            }
        }
    }

    /// <summary>Reads the records, without decoding images, until there are enough for a batch: before hours of work, not after them.</summary>
    /// <exception cref="StudyDataException">There are not.</exception>
    public void RequireABatch()
    {
        var (skipped, ofKind) = (new SkippedRecords(), new Dictionary<int, int>());
        foreach (var study in source.ReadAll(skipped))
        {
            var kind = options.Batches == BatchPlan.ByType ? study.ReportType : 0;
            if ((ofKind[kind] = ofKind.GetValueOrDefault(kind) + 1) == options.BatchSize)
            {
                return;
            }
        }
        throw TooFew(ofKind.Values.Sum(), skipped);
    }

    private StudyDataException TooFew(int usable, SkippedRecords skipped)
    {
        var ofOneType = options.Batches == BatchPlan.ByType ? " of one report type" : "";
        return new StudyDataException($"{source.Name}: not enough studies for a batch of {options.BatchSize}{ofOneType}: "
            + $"{usable} usable{(skipped.Count > 0 ? $"; left out: {skipped}" : "")}");
    }

    /// <summary>Every usable study, in the order of the data.</summary>
    /// <inheritdoc cref="Read"/>
    public IEnumerable<PreparedStudy> ReadAll(SkippedRecords skipped, CancellationToken cancellation = default) =>
        Prepare(source.Read(order: null), skipped, cancellation);

    private IEnumerable<PreparedStudy> Prepare(IEnumerable<StudyRecord> records, SkippedRecords skipped, CancellationToken cancellation)
    {
        var workers = new RecordWorkers(options.Workers, options.ReadAhead * options.BatchSize);
        var usable = 0;
        SkippedRecord? first = null;
        foreach (var (name, study, fault) in workers.Prepare(records, record => preparation.Prepare(record.Load()), cancellation))
        {
            if (study is not null)
            {
                usable++;
                yield return study;
            }
            else
            {
                first ??= new SkippedRecord(name, fault!);
                skipped.Add(name, fault!);
            }
        }
        if (usable == 0)
        {
            throw new StudyDataException($"{source.Name}: it has no usable study{(first is null ? "" : $"; the first: {first}")}");
        }
    }
}
