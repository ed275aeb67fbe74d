using MedMoE.Mesh.Imaging;

namespace MedMoE.Mesh.Studies;

/// <summary>A record that is no study. It is skipped and counted, and never ends a run. The message repeats neither image nor report.</summary>
public sealed class BadRecordException(string reason) : Exception(reason)
{
    /// <summary>Prepares a part of a record: whatever is amiss in it is the record's fault, for one record must not end a run.</summary>
    /// <param name="part">Which part, for the message; messages of other exceptions may quote what they read.</param>
    /// <param name="prepare">Prepares it.</param>
    /// <exception cref="BadRecordException">It throws anything but a cancellation.</exception>
    public static T Guard<T>(string part, Func<T> prepare)
    {
        try
        {
            return prepare();
        }
        catch (InvalidImageException e)
        {
            throw new BadRecordException(e.Message);
        }
        catch (OutOfMemoryException)
        {
            throw new BadRecordException($"{part} takes more memory than there is");
        }
        catch (Exception e) when (e is not (BadRecordException or OperationCanceledException))
        {
            throw new BadRecordException($"{part} cannot be read: {e.GetType().Name}");
        }
    }
}
