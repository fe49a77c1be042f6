using System.Runtime.CompilerServices;
using Winnow.Sampling.Grammars;

namespace Winnow.Sampling;

/// <summary>Keeps what a model generates to a grammar.</summary>
/// <remarks>
/// Tokens are judged by their bytes, so a character may be spread over several. What is allowed at a place of the grammar is
/// remembered: inside of a string, say, it is computed once.
/// </remarks>
internal sealed class GrammarConstraint : ILogitsConstraint
{
    private readonly Grammar _grammar;
    private readonly GrammarVocabulary _vocabulary;
    private readonly GrammarMatcher _matcher;
    private readonly GrammarPosition[] _path;
    private GrammarPosition _position;

    /// <summary>Creates a constraint at the beginning of a text.</summary>
    /// <param name="grammar">The texts that are allowed.</param>
    /// <param name="vocabulary">The model's tokens.</param>
    public GrammarConstraint(Grammar grammar, GrammarVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentNullException.ThrowIfNull(vocabulary);
        _grammar = grammar;
        _vocabulary = vocabulary;
        _matcher = new GrammarMatcher(grammar.States);
        _path = new GrammarPosition[vocabulary.Tree.MaxDepth + 1];
        _position = _matcher.Start();
    }

    /// <summary>Whether the text so far is one that the grammar allows, so that it may end.</summary>
    public bool IsComplete => _position.IsComplete;

    /// <summary>Whether an end-of-generation token was accepted; nothing may follow it.</summary>
    public bool IsEnded { get; private set; }

    /// <inheritdoc/>
    public bool IsOver => !IsEnded && IsComplete && _vocabulary.EndTokens.Count == 0
        && !(_position.AllowedTokens ??= FindAllowed()).AsSpan().ContainsAnyExcept(0UL);

    /// <inheritdoc/>
    public bool Allows(int token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)_vocabulary.Size, nameof(token));
        if (IsEnded || _vocabulary.IsEnd(token))
        {
            return IsComplete && _vocabulary.IsEnd(token);
        }

        return _vocabulary.Bytes(token).Length > 0 && Follow(token) != GrammarPosition.Dead;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are fewer logits than tokens.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(Span<float> logits)
    {
        if (logits.Length < _vocabulary.Size)
        {
            throw new ArgumentException($"{logits.Length} logits are fewer than the vocabulary's {_vocabulary.Size} tokens", nameof(logits));
        }

        if (IsEnded)
        {
            for (int token = 0; token < logits.Length; token++)
            {
                logits[token] = token < _vocabulary.Size && _vocabulary.IsEnd(token) ? logits[token] : float.NegativeInfinity;
            }

            return;
        }

        ulong[] allowed = _position.AllowedTokens ??= FindAllowed();
        for (int token = 0; token < logits.Length; token++)
        {
            if ((token >> 6) >= allowed.Length || (allowed[token >> 6] >> (token & 63) & 1) == 0)
            {
                logits[token] = float.NegativeInfinity;
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The grammar does not allow the token here.</exception>
    public void Accept(int token)
    {
        if (!Allows(token))
        {
            throw new InvalidOperationException($"the grammar does not allow token {token} here");
        }

        if (_vocabulary.IsEnd(token))
        {
            IsEnded = true;
            return;
        }

        _position = _matcher.Trim(Follow(token));
    }

    /// <inheritdoc/>
    public ILogitsConstraint Begin() => new GrammarConstraint(_grammar, _vocabulary);

    private GrammarPosition Follow(int token)
    {
        GrammarPosition position = _position;
        foreach (byte value in _vocabulary.Bytes(token))
        {
            position = _matcher.Advance(position, value);
            if (position == GrammarPosition.Dead)
            {
                break;
            }
        }

        return position;
    }

    /// <summary>Walks the tree of tokens, past whatever lies below a byte that cannot follow.</summary>
    /// <remarks>Optimized at its first call, as is what it calls: a short answer is over before the loop would be.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong[] FindAllowed()
    {
        ulong[] allowed = new ulong[(_vocabulary.Size + 63) / 64];
        if (IsComplete)
        {
            foreach (int token in _vocabulary.EndTokens)
            {
                allowed[token >> 6] |= 1UL << (token & 63);
            }
        }

        TokenTree tree = _vocabulary.Tree;
        _path[0] = _position;
        for (int node = 0; node < tree.Count;)
        {
            int depth = tree.Depth(node);
            GrammarPosition next = _matcher.Advance(_path[depth], tree.Label(node));
            if (next == GrammarPosition.Dead)
            {
                node = tree.End(node);
                continue;
            }

            _path[depth + 1] = next;
            foreach (int token in tree.Tokens(node))
            {
                allowed[token >> 6] |= 1UL << (token & 63);
            }

            node++;
        }

        return allowed;
    }
}
