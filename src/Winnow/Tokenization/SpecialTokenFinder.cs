using System.Buffers;
using System.Runtime.InteropServices;

namespace Winnow.Tokenization;

/// <summary>Finds out which texts of a set occur in a text at all, in one pass (Aho-Corasick): a thousand texts cost what one does.</summary>
internal sealed class SpecialTokenFinder
{
    private readonly Dictionary<(int Node, char Next), int> _next = [];
    private readonly List<Node> _nodes = [new Node { Value = -1, Shorter = -1 }];
    private readonly SearchValues<char> _first;
    private readonly int _count;

    /// <param name="texts">The texts, none of them empty; each is known by its index.</param>
    public SpecialTokenFinder(IReadOnlyList<string> texts)
    {
        _count = texts.Count;
        for (int i = 0; i < texts.Count; i++)
        {
            int node = 0;
            foreach (char c in texts[i])
            {
                ref int next = ref CollectionsMarshal.GetValueRefOrAddDefault(_next, (node, c), out bool exists);
                if (!exists)
                {
                    next = _nodes.Count;
                    _nodes.Add(new Node { Value = -1, Shorter = -1, Parent = node, Letter = c });
                }

                node = next;
            }

            // Of two tokens with one text the first is the one that is recognized.
            Node end = _nodes[node];
            _nodes[node] = end with { Value = end.Value < 0 ? i : end.Value };
        }

        _first = SearchValues.Create([.. texts.Select(text => text[0]).Distinct()]);
        LinkSuffixes();
    }

    /// <summary>The indices of the texts that occur, in order.</summary>
    public List<int> Occurring(ReadOnlySpan<char> text)
    {
        List<int> found = [];
        bool[]? seen = null;
        int node = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (node == 0)
            {
                int next = text[i..].IndexOfAny(_first);
                if (next < 0)
                {
                    break;
                }

                i += next;
            }

            node = Step(node, text[i]);

            // What ends here: the text of this node, and those that it ends with. Behind one seen before, all were.
            for (int end = _nodes[node].Value >= 0 ? node : _nodes[node].Shorter; end >= 0; end = _nodes[end].Shorter)
            {
                int value = _nodes[end].Value;
                seen ??= new bool[_count];
                if (seen[value])
                {
                    break;
                }

                seen[value] = true;
                found.Add(value);
            }
        }

        found.Sort();
        return found;
    }

    private int Step(int node, char letter)
    {
        while (true)
        {
            if (_next.TryGetValue((node, letter), out int next))
            {
                return next;
            }

            if (node == 0)
            {
                return 0;
            }

            node = _nodes[node].Suffix;
        }
    }

    // From short to long: the longest end of each node's text that begins one, and the longest that is one.
    private void LinkSuffixes()
    {
        Queue<int> open = new();
        List<int>[] children = new List<int>[_nodes.Count];
        for (int node = 1; node < _nodes.Count; node++)
        {
            (children[_nodes[node].Parent] ??= []).Add(node);
        }

        open.Enqueue(0);
        while (open.TryDequeue(out int node))
        {
            Node at = _nodes[node];
            if (node != 0)
            {
                int suffix = at.Parent == 0 ? 0 : Step(_nodes[at.Parent].Suffix, at.Letter);
                _nodes[node] = at with { Suffix = suffix, Shorter = _nodes[suffix].Value >= 0 ? suffix : _nodes[suffix].Shorter };
            }

            (children[node] ?? []).ForEach(open.Enqueue);
        }
    }

    /// <summary>A beginning of a text.</summary>
    private readonly record struct Node
    {
        /// <summary>The index of the text that ends here, or -1.</summary>
        public int Value { get; init; }

        public int Parent { get; init; }

        public char Letter { get; init; }

        /// <summary>The node of the longest proper end of this beginning that begins a text, too.</summary>
        public int Suffix { get; init; }

        /// <summary>The node of the longest proper end that is a text itself, or -1.</summary>
        public int Shorter { get; init; }
    }
}
