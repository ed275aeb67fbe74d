namespace MedMoE.Mesh.Services.Tests.Doors.Wrong;

/// <summary>Wrong data at every door of a mesh: the right status, and the field by its name.</summary>
public sealed class WrongDataTests(DoorMesh mesh) : IClassFixture<DoorMesh>
{
    private static readonly Dictionary<string, WrongCase> _cases =
        WrongTensors.Cases.Concat(WrongBodies.Cases).ToDictionary(wrong => wrong.Name);

    public static TheoryData<string> Names => [.. _cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public Task WrongData_IsRefusedAndNamed(string name) => _cases[name].Check(mesh);

    [Fact]
    public async Task WrongData_AgainAndAgain_LeavesNothing()
    {
        const int Rounds = 20;
        await Round();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Rounds; i++)
        {
            await Round();
        }
        // Pools of arrays fill up to 60 MB in 120 rounds and then stay. A round's requests have 133 MB, 8 MB without the three largest.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 48 << 20);

        async Task Round()
        {
            foreach (var wrong in _cases.Values)
            {
                await wrong.Send(mesh);
            }
        }
    }
}
