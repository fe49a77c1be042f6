namespace Winnow.Compute;

/// <summary>Work on host memory that falls into independent parts, such as the heads of a layer.</summary>
internal interface IHostWork
{
    /// <summary>Does one part. It must not throw, nor run other work on the device.</summary>
    /// <param name="part">Which one, from 0 on.</param>
    void Run(int part);
}
