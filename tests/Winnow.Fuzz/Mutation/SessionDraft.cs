using System.Buffers.Binary;
using System.Security.Cryptography;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>A saved session taken apart: changes fall on a part, and the checksum is made again, so that only what is wrong is noticed.</summary>
internal sealed class SessionDraft
{
    private const int CountsAt = 12;
    private const int FingerprintLengthAt = 20;
    private const int StateLengthAt = 24;
    private const int FixedBytes = 28;
    private const int LayerBytes = 24;

    private readonly byte[] _head;
    private readonly byte[] _tokens;
    private readonly byte[] _pages;
    private readonly byte[] _state;

    /// <param name="file">A good file.</param>
    public SessionDraft(byte[] file)
    {
        int tokens = Int32(file, CountsAt) * sizeof(int);
        int layers = Int32(file, CountsAt + sizeof(int));
        int state = Int32(file, StateLengthAt);
        int at = FixedBytes + Int32(file, FingerprintLengthAt);
        for (int layer = 0; layer < layers; layer++)
        {
            at += LayerBytes + Int32(file, at + LayerBytes - sizeof(int));
        }

        int end = file.Length - SHA256.HashSizeInBytes;
        _head = file[..at];
        _tokens = file[at..(at + tokens)];
        _pages = file[(at + tokens)..(end - state)];
        _state = file[(end - state)..end];
    }

    /// <summary>A changed file.</summary>
    /// <param name="others">Sessions whose parts may be taken.</param>
    /// <param name="random">What decides.</param>
    public byte[] Mutate(IReadOnlyList<SessionDraft> others, InputRandom random)
    {
        (byte[] head, byte[] tokens, byte[] pages, byte[] state) = ([.. _head], [.. _tokens], _pages, [.. _state]);
        for (int i = random.Few(4); i > 0; i--)
        {
            switch (random.Next(10))
            {
                case 0:
                    ByteMutation.PutNumber(head.AsSpan(random.OneIn(2) ? 0 : FixedBytes), random);
                    break;
                case 1 or 2 when tokens.Length > 0:
                    int token = random.OneIn(4) ? (int)ByteMutation.Number(random) : random.Next(512);
                    BinaryPrimitives.WriteInt32LittleEndian(tokens.AsSpan(random.Next(tokens.Length / sizeof(int)) * sizeof(int)), token);
                    break;
                case 3 when pages.Length > 0:
                    pages = [.. pages];
                    BinaryPrimitives.WriteHalfLittleEndian(pages.AsSpan(random.Next(pages.Length / 2) * 2), random.OneIn(2) ? Half.NaN : Half.MaxValue);
                    break;
                case 4:
                    state = random.Pick(others)._state;
                    break;
                case 5:
                    state = ByteMutation.Mutate(state, random);
                    break;
                case 6 when state.Length > 0:
                    // The counts of a state stand at its beginning.
                    ByteMutation.PutNumber(state.AsSpan(0, Math.Min(state.Length, 64)), random);
                    break;
                default:
                    if (state.Length >= sizeof(int))
                    {
                        BinaryPrimitives.WriteInt32LittleEndian(
                            state.AsSpan(random.Next(state.Length / sizeof(int)) * sizeof(int)), random.OneIn(2) ? random.Next(1024) : (int)ByteMutation.Number(random));
                    }

                    break;
            }
        }

        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(StateLengthAt), random.OneIn(40) ? (int)ByteMutation.Number(random) : state.Length);
        byte[] content = [.. head, .. tokens, .. pages, .. state];
        byte[] file = [.. content, .. SHA256.HashData(content)];
        return random.OneIn(40) ? ByteMutation.Mutate(file, random) : file;
    }

    private static int Int32(byte[] file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
}
