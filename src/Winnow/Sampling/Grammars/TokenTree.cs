namespace Winnow.Sampling.Grammars;

/// <summary>Tokens as paths of bytes. The nodes lie in the order of a walk that visits a node before what is below it.</summary>
internal sealed class TokenTree
{
    private readonly List<byte> _label = [];
    private readonly List<int> _depth = [];
    private readonly List<int> _end = [];
    private readonly List<int> _firstToken = [];
    private readonly int[] _tokens;

    public TokenTree(byte[][] tokens)
    {
        _tokens = [.. Enumerable.Range(0, tokens.Length).Where(token => tokens[token].Length > 0)];
        Array.Sort(_tokens, (left, right) => tokens[left].AsSpan().SequenceCompareTo(tokens[right]));
        List<int> path = [];
        ReadOnlySpan<byte> previous = [];
        for (int i = 0; i < _tokens.Length; i++)
        {
            ReadOnlySpan<byte> bytes = tokens[_tokens[i]];
            int shared = bytes.CommonPrefixLength(previous);
            Close(path, shared);
            for (int depth = shared; depth < bytes.Length; depth++)
            {
                path.Add(_label.Count);
                _label.Add(bytes[depth]);
                _depth.Add(depth);
                _end.Add(0);
                _firstToken.Add(i);
            }

            MaxDepth = Math.Max(MaxDepth, bytes.Length);
            previous = bytes;
        }

        Close(path, 0);
        _firstToken.Add(_tokens.Length);
        BuildTokenRanges(tokens);
    }

    public int Count => _label.Count;

    /// <summary>The most bytes of a token.</summary>
    public int MaxDepth { get; private set; }

    public byte Label(int node) => _label[node];

    /// <summary>How many bytes stand before a node's own.</summary>
    public int Depth(int node) => _depth[node];

    /// <summary>The first node that is not below this one.</summary>
    public int End(int node) => _end[node];

    /// <summary>The tokens that end in a node.</summary>
    public ReadOnlySpan<int> Tokens(int node) => _tokens.AsSpan(_firstToken[node].._lastToken[node]);

    private int[] _lastToken = [];

    private void BuildTokenRanges(byte[][] tokens)
    {
        _lastToken = new int[_label.Count];
        for (int node = 0; node < _label.Count; node++)
        {
            int last = _firstToken[node];
            while (last < _tokens.Length && tokens[_tokens[last]].Length == _depth[node] + 1 && last < _firstToken[_end[node]])
            {
                last++;
            }

            _lastToken[node] = last;
        }
    }

    private void Close(List<int> path, int depth)
    {
        for (int i = depth; i < path.Count; i++)
        {
            _end[path[i]] = _label.Count;
        }

        path.RemoveRange(depth, path.Count - depth);
    }
}
