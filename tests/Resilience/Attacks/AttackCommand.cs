using System.CommandLine;
using System.Globalization;

namespace MedMoE.Mesh.Resilience.Attacks;

/// <summary><c>attack</c>: attacks a running mesh until standard input ends, and prints the answers of its calls.</summary>
internal sealed class AttackCommand : Command
{
    public const string Verb = "attack";

    private readonly Argument<string> _name = new("NAME") { Description = "Which." };

    private readonly Argument<string> _gateway = new("HOST:PORT") { Description = "The mesh's gateway, on loopback." };

    private readonly Argument<int> _addresses = new("ADDRESSES") { Description = "From how many addresses." };

    public AttackCommand()
        : base(Verb, "Attacks a mesh on this machine until standard input ends.")
    {
        Arguments.Add(_name);
        Arguments.Add(_gateway);
        Arguments.Add(_addresses);
        _name.AcceptOnlyFromAmong([.. Attack.All.Select(attack => attack.Name)]);
        SetAction(async (arguments, cancellation) =>
        {
            var attack = Attack.All.Single(attack => attack.Name == arguments.GetRequiredValue(_name));
            await using var attacker = new Attacker(arguments.GetRequiredValue(_gateway), arguments.GetRequiredValue(_addresses));
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var attacking = Task.Run(() => attack.Run(attacker, enough.Token), CancellationToken.None);
            await Console.In.ReadToEndAsync(cancellation);
            await enough.CancelAsync();
            await attacking;
            foreach (var (told, calls) in attacker.Told.Take(3))
            {
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{calls:#,0} {told}"));
            }
            return 0;
        });
    }
}
