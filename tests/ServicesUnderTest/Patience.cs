using System.Diagnostics;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Waits for what comes by itself, for a minute at most.</summary>
public static class Patience
{
    private static readonly TimeSpan _most = TimeSpan.FromMinutes(1);

    /// <summary>Asks until the answer is yes.</summary>
    /// <param name="what">For the message if it never is.</param>
    /// <param name="isSo">What is asked.</param>
    public static async Task Until(string what, Func<Task<bool>> isSo)
    {
        for (var start = Stopwatch.GetTimestamp(); !await isSo(); await Task.Yield())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < _most, $"waited {_most} for {what}");
        }
    }

    /// <inheritdoc cref="Until(string, Func{Task{bool}})"/>
    public static Task Until(string what, Func<bool> isSo) => Until(what, () => Task.FromResult(isSo()));
}
