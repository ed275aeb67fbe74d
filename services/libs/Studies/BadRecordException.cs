using MedMoE.Mesh.Imaging;

namespace MedMoE.Mesh.Studies;

/// <summary>An invalid record. It is skipped and counted and never ends a run. The message never repeats parts of an image or a report.</summary>
public sealed class BadRecordException(string reason) : Exception(reason)
{
    /// <summary>
    /// Runs a step for one record. Every exception except a cancellation becomes a fault of the record, because one record must not end a run. The
    /// message has only the <paramref name="part"/>, because other messages may quote data.
    /// </summary>
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
            throw new BadRecordException($"{part} needs more memory than is available");
        }
        catch (Exception e) when (e is not (BadRecordException or OperationCanceledException))
        {
            throw new BadRecordException($"{part} cannot be read: {e.GetType().Name}");
        }
    }
}
