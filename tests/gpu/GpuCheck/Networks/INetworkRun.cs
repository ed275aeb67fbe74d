namespace MedMoE.Mesh.GpuCheck.Networks;

/// <summary>A network with its inputs, ready to run again and again. To be run within a dispose scope and inference mode.</summary>
internal interface INetworkRun : IDisposable
{
    /// <summary>Of one image or text.</summary>
    long MultiplyAdds { get; }

    /// <summary>Runs one batch.</summary>
    /// <param name="watch">Told what each phase was, once it has been queued to the device.</param>
    void Run(PhaseWatch watch);
}
