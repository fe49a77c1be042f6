using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Goes wrong on purpose, so that tests see that the runner tells.</summary>
/// <param name="kind">How: <c>exception</c>, <c>hang</c>, <c>allocation</c>, <c>native</c> or <c>overflow</c>.</param>
internal sealed class FaultSurface(string kind) : Surface
{
    /// <summary>What is wrong with one input in so many.</summary>
    public const int Period = 10;

    /// <summary>The ways to go wrong.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["exception", "hang", "allocation", "native", "overflow"];

    public override string Name => $"fault-{kind}";

    public override IReadOnlyList<byte[]> Seeds => [[0]];

    public override byte[] Make(InputRandom random) => [(byte)random.Next(Period)];

    protected override void Use(ReadOnlySpan<byte> input)
    {
        Accept();
        if (input is not [0, ..])
        {
            throw new WinnowException("an input that is refused as it should be");
        }

        switch (kind)
        {
            case "exception":
                throw new InvalidOperationException("an error of no kind that a user is told");
            case "hang":
                Thread.Sleep(TimeSpan.FromMinutes(1));
                break;
            case "allocation":
                for (int i = 0; i < 40; i++)
                {
                    GC.KeepAlive(new byte[64 << 20]);
                }

                break;
            case "native":
                Thread.Sleep(200);
                Fill();
                break;
            default:
                Overflow(0);
                break;
        }
    }

    private static unsafe void Fill()
    {
        const int size = 1600 << 20;
        byte* memory = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(size);
        new Span<byte>(memory, size).Fill(1);
        Thread.Sleep(TimeSpan.FromMinutes(1));
        System.Runtime.InteropServices.NativeMemory.Free(memory);
    }

    private static int Overflow(int depth) => depth < 0 ? depth : Overflow(depth + 1) + 1;
}
