namespace Winnow.Sampling.Grammars;

/// <summary>Tokens as paths of bytes. The nodes lie in the order of a walk that visits a node before what is below it.</summary>
internal sealed class TokenTree
{
    private readonly byte[] _label;
    private readonly int[] _depth;
    private readonly int[] _end;
    private readonly int[] _firstToken;
    private readonly int[] _lastToken;
    private readonly int[] _tokens;

    public TokenTree(byte[][] tokens)
    {
        _tokens = [.. Enumerable.Range(0, tokens.Length).Where(token => tokens[token].Length > 0)];
        Array.Sort(_tokens, (left, right) => tokens[left].AsSpan().SequenceCompareTo(tokens[right]));
        List<byte> labels = [];
        List<int> depths = [];
        List<int> ends = [];
        List<int> firstTokens = [];
        List<int> path = [];
        ReadOnlySpan<byte> previous = [];
        for (int i = 0; i < _tokens.Length; i++)
        {
            ReadOnlySpan<byte> bytes = tokens[_tokens[i]];
            int shared = bytes.CommonPrefixLength(previous);
            Close(path, shared, ends);
            for (int depth = shared; depth < bytes.Length; depth++)
            {
                path.Add(labels.Count);
                labels.Add(bytes[depth]);
                depths.Add(depth);
                ends.Add(0);
                firstTokens.Add(i);
            }

            MaxDepth = Math.Max(MaxDepth, bytes.Length);
            previous = bytes;
        }

        Close(path, 0, ends);
        firstTokens.Add(_tokens.Length);
        _label = [.. labels];
        _depth = [.. depths];
        _end = [.. ends];
        _firstToken = [.. firstTokens];
        _lastToken = FindLastTokens(tokens);
    }

    public int Count => _label.Length;

    /// <summary>The most bytes of a token.</summary>
    public int MaxDepth { get; }

    public byte Label(int node) => _label[node];

    /// <summary>How many bytes stand before a node's own.</summary>
    public int Depth(int node) => _depth[node];

    /// <summary>The first node that is not below this one.</summary>
    public int End(int node) => _end[node];

    /// <summary>The tokens that end in a node.</summary>
    public ReadOnlySpan<int> Tokens(int node) => _tokens.AsSpan(_firstToken[node].._lastToken[node]);

    private int[] FindLastTokens(byte[][] tokens)
    {
        int[] lastTokens = new int[_label.Length];
        for (int node = 0; node < _label.Length; node++)
        {
            int last = _firstToken[node];
            while (last < _tokens.Length && tokens[_tokens[last]].Length == _depth[node] + 1 && last < _firstToken[_end[node]])
            {
                last++;
            }

            lastTokens[node] = last;
        }

        return lastTokens;
    }

    /// <summary>Ends the nodes of a path that lie below a depth.</summary>
    private static void Close(List<int> path, int depth, List<int> ends)
    {
        for (int i = depth; i < path.Count; i++)
        {
            ends[path[i]] = ends.Count;
        }

        path.RemoveRange(depth, path.Count - depth);
    }
}
