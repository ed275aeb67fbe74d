namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>A network with its inputs, which can run repeatedly. Run it within a dispose scope and inference mode.</summary>
public interface INetworkRun : IDisposable
{
    /// <summary>Of one image or text.</summary>
    long MultiplyAdds { get; }

    /// <summary>Runs one batch.</summary>
    /// <param name="watch">Called after each phase has been queued to the device.</param>
    void Run(PhaseWatch watch);
}
