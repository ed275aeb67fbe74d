using MedMoE.Mesh.Router.Limits;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class ByteBudgetTests
{
    [Fact]
    public void TryTake_OverTheLimit_IsRefusedUntilBytesAreBack()
    {
        var budget = new ByteBudget(10);
        Assert.True(budget.TryTake(6));
        Assert.False(budget.TryTake(5));
        Assert.True(budget.TryTake(4));

        budget.Release(6);

        Assert.True(budget.TryTake(5));
    }

    [Fact]
    public void TryTake_AloneAndLargerThanTheLimit_IsTaken()
    {
        var budget = new ByteBudget(10);
        Assert.True(budget.TryTake(11));
        Assert.False(budget.TryTake(1));
    }

    [Fact]
    public async Task Take_SeveralWait_AreServedInTheirOrder()
    {
        var budget = new ByteBudget(10);
        await budget.Take(10, CancellationToken.None);
        var large = budget.Take(8, CancellationToken.None);
        var small = budget.Take(2, CancellationToken.None);

        budget.Release(4);
        Assert.False(large.IsCompleted || small.IsCompleted);
        Assert.False(budget.TryTake(1), "it would overtake those that wait");
        budget.Release(6);

        await Task.WhenAll(large, small).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Take_FirstOfThoseWhoWaitGivesUp_TheNextIsServed()
    {
        var budget = new ByteBudget(10);
        await budget.Take(9, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var large = budget.Take(8, gone.Token);
        var small = budget.Take(1, CancellationToken.None);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }
}
