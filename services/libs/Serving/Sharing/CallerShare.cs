using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Sharing;

/// <summary>
/// On whose behalf a call runs, for fair queues. The gateway tells the services behind it in a header, which they pass on; without it all calls are
/// of one caller. Work that several calls share is that of the call that started it.
/// </summary>
/// <param name="Caller">Tells callers apart; not a name.</param>
/// <param name="Weight">Share of a queue, compared with other callers'. 1 or more.</param>
/// <param name="IsSheddable">Whether its work gives way to that of others.</param>
public sealed record CallerShare(string Caller, int Weight = 1, bool IsSheddable = false)
{
    public const string Header = "medmoe-share";

    /// <summary>The priority of work that waits for its turn.</summary>
    public const string Normal = "normal";

    /// <summary>The priority of work that gives way to that of others.</summary>
    public const string Sheddable = "sheddable";

    private static readonly AsyncLocal<CallerShare?> _current = new();

    /// <summary>The one caller of all calls that name none.</summary>
    public static CallerShare Nobody { get; } = new("");

    /// <summary>Of the call that runs now.</summary>
    public static CallerShare Current => _current.Value ?? Nobody;

    /// <summary>The header's value.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Caller};{Weight};{(IsSheddable ? Sheddable : Normal)}");

    /// <summary>Takes the share from the request. A header of another form counts as none.</summary>
    internal static void Begin(HttpContext context) => _current.Value = Parse(context.Request.Headers[Header].ToString());

    /// <summary>Until the end of the asynchronous method that calls this, its work gives way to that of others.</summary>
    public static void GiveWay() => _current.Value = Current with { IsSheddable = true };

    internal static CallerShare? Parse(string text) =>
        text.Split(';') is [{ Length: > 0 and <= 64 } caller, var weight, (Normal or Sheddable) and var priority]
        && int.TryParse(weight, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1
            ? new CallerShare(caller, number, priority == Sheddable) : null;
}
