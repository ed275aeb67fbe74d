namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Signals by their numbers on Linux (signal(7)).</summary>
public static class Signals
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigContinue = 18;
    public const int SigStop = 19;
}
