using System.Text;
using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class GrammarConstraintTests
{
    private const string Alphabet = "ab";
    private const int MaxLength = 7;

    [Fact]
    public void Random_grammars_accept_exactly_the_texts_that_their_rules_derive()
    {
        const int Seed = 4711;
        Random random = new(Seed);
        int checkedGrammars = 0;
        for (int i = 0; i < 400; i++)
        {
            Dictionary<string, Node> rules = new()
            {
                ["root"] = Node.Create(random, 3),
                ["x"] = Node.Create(random, 2),
                ["y"] = Node.Create(random, 2),
            };
            string text = string.Concat(rules.Select(rule => $"{rule.Key} ::= {rule.Value.Gbnf}\n"));
            Grammar grammar;
            try
            {
                grammar = Grammar.ParseGbnf(text);
            }
            catch (InvalidOptionException error) when (error.Message.Contains("begins with itself", StringComparison.Ordinal))
            {
                continue;
            }

            checkedGrammars++;
            HashSet<string> language = Derive(rules);
            foreach (string candidate in AllTexts())
            {
                string judged = GrammarTexts.Judge(grammar, candidate);
                bool isPrefix = language.Any(word => word.StartsWith(candidate, StringComparison.Ordinal));
                Assert.True(language.Contains(candidate) == (judged == "whole"), $"seed {Seed}, round {i}, '{candidate}' is {judged} in\n{text}");
                Assert.True(!isPrefix || judged != "refused", $"seed {Seed}, round {i}, '{candidate}' begins a text and is refused in\n{text}");
            }
        }

        Assert.True(checkedGrammars > 100, $"only {checkedGrammars} grammars were checked");
    }

    [Fact]
    public void Masking_rules_out_exactly_the_tokens_that_cannot_follow()
    {
        const int Seed = 99;
        Random random = new(Seed);
        string[] pieces = ["a", "b", "c", "\"", "{", "}", "[", "]", ":", ",", " ", "1", "2", "é", "😀", "true", "null", "\\", "n", "\n"];
        byte[][] tokens = [.. Enumerable.Range(0, 600).Select(_ =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pieces[random.Next(pieces.Length)])));
            return bytes[random.Next(bytes.Length - 1)..random.Next(bytes.Length - 1, bytes.Length + 1)];
        })];
        GrammarVocabulary vocabulary = GrammarTexts.Vocabulary(tokens);
        GrammarConstraint constraint = new(Grammar.FromJsonSchema(true), vocabulary);
        for (int step = 0; step < 300; step++)
        {
            float[] logits = new float[vocabulary.Size];
            constraint.Apply(logits);
            List<int> allowed = [.. Enumerable.Range(0, logits.Length).Where(token => logits[token] == 0)];
            Assert.Equal(Enumerable.Range(0, logits.Length).Where(constraint.Allows), allowed);
            if (allowed.Count == 0 || allowed is [var only] && only == tokens.Length)
            {
                constraint = (GrammarConstraint)constraint.Begin();
                continue;
            }

            int chosen = allowed[random.Next(allowed.Count)];
            if (chosen != tokens.Length)
            {
                constraint.Accept(chosen);
            }
        }
    }

    [Fact]
    public void A_character_may_be_spread_over_tokens()
    {
        byte[] smile = Encoding.UTF8.GetBytes("😀");
        GrammarVocabulary vocabulary = GrammarTexts.Vocabulary([smile[..2], smile[2..], smile, [.. smile[2..], (byte)'!'], "!"u8.ToArray()]);
        GrammarConstraint constraint = new(Grammar.ParseGbnf("root ::= [\\U0001F600-\\U0001F64F] \"!\""), vocabulary);
        Assert.Equal([true, false, true, false, false, false], Enumerable.Range(0, 6).Select(constraint.Allows));
        constraint.Accept(0);
        Assert.Equal([false, true, false, true, false, false], Enumerable.Range(0, 6).Select(constraint.Allows));
        constraint.Accept(3);
        Assert.True(constraint.IsComplete);
        Assert.Equal([false, false, false, false, false, true], Enumerable.Range(0, 6).Select(constraint.Allows));
    }

    [Fact]
    public void Control_tokens_are_never_allowed_and_nothing_follows_the_end()
    {
        GrammarVocabulary vocabulary = new(3, _ => "a"u8, token => token == 2, token => token == 1);
        GrammarConstraint constraint = new(Grammar.ParseGbnf("root ::= \"a\"*"), vocabulary);
        Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(constraint.Allows));
        constraint.Accept(2);
        Assert.True(constraint.IsEnded);
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(constraint.Allows));
        float[] logits = [1, 2, 3];
        constraint.Apply(logits);
        Assert.Equal([float.NegativeInfinity, float.NegativeInfinity, 3], logits);
        Assert.True(constraint.Begin().Allows(0));
        Assert.False(constraint.Allows(0));
    }

    [Fact]
    public void A_token_that_the_grammar_refuses_cannot_be_accepted()
    {
        GrammarConstraint constraint = new(Grammar.ParseGbnf("root ::= \"a\""), GrammarTexts.Bytes);
        Assert.Throws<InvalidOperationException>(() => constraint.Accept('b'));
        Assert.Throws<ArgumentException>(() => constraint.Apply(new float[10]));
    }

    [Fact]
    public void A_long_nested_text_keeps_within_bounded_memory()
    {
        Grammar grammar = Grammar.ParseGbnf("root ::= item*\nitem ::= \"(\" item* \")\" | [a-z]");
        GrammarConstraint constraint = new(grammar, GrammarTexts.Bytes);
        float[] logits = new float[257];
        Random random = new(5);
        int depth = 0;
        for (int i = 0; i < 60_000; i++)
        {
            int choice = depth > 0 && random.Next(2) == 0 ? ')' : depth < 20_000 && random.Next(3) != 0 ? '(' : 'a' + random.Next(26);
            if (i % 64 == 0)
            {
                logits.AsSpan().Clear();
                constraint.Apply(logits);
                Assert.Equal(0, logits['(']);
                Assert.Equal(depth == 0, constraint.Allows(GrammarTexts.End));
            }

            constraint.Accept(choice);
            depth += choice == '(' ? 1 : choice == ')' ? -1 : 0;
        }

        for (; depth > 0; depth--)
        {
            constraint.Accept(')');
        }

        Assert.True(constraint.IsComplete);
        Assert.False(constraint.Allows(')'));
    }

    [Fact]
    public void Sampling_under_a_constraint_allocates_nothing_once_it_has_settled()
    {
        GrammarConstraint constraint = new(Grammar.ParseGbnf("root ::= \"\\\"\" [^\"]* \"\\\"\""), GrammarTexts.Bytes);
        float[] logits = new float[257];
        constraint.Accept('"');
        Run(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                int token = 'a' + (i % 26);
                constraint.Apply(logits);
                _ = constraint.Allows(token);
                constraint.Accept(token);
            }
        }
    }

    private static List<string> AllTexts()
    {
        List<string> texts = [""];
        for (int i = 0; i < texts.Count && texts[i].Length < MaxLength - 1; i++)
        {
            texts.AddRange(Alphabet.Select(c => texts[i] + c));
        }

        return texts;
    }

    /// <summary>Every text up to the length that the rules derive, found by applying them until nothing new comes.</summary>
    private static HashSet<string> Derive(Dictionary<string, Node> rules)
    {
        Dictionary<string, HashSet<string>> known = rules.Keys.ToDictionary(name => name, _ => new HashSet<string>());
        bool grows = true;
        while (grows)
        {
            grows = false;
            foreach ((string name, Node rule) in rules)
            {
                int before = known[name].Count;
                known[name].UnionWith(rule.Texts(known));
                grows |= known[name].Count > before;
            }
        }

        return known["root"];
    }

    /// <summary>A random expression, with its notation and its meaning.</summary>
    private sealed record Node(string Gbnf, Func<Dictionary<string, HashSet<string>>, HashSet<string>> Texts)
    {
        public static Node Create(Random random, int depth)
        {
            switch (depth == 0 ? random.Next(3) : random.Next(8))
            {
                case 0:
                    string literal = new([.. Enumerable.Range(0, random.Next(3)).Select(_ => Alphabet[random.Next(2)])]);
                    return new Node($"\"{literal}\"", _ => [literal]);
                case 1:
                    return random.Next(2) == 0 ? new Node("[ab]", _ => ["a", "b"]) : new Node("[^b]", _ => ["a"]);
                case 2:
                    string rule = random.Next(2) == 0 ? "x" : "y";
                    return new Node(rule, known => known[rule]);
                case 3 or 4:
                    Node left = Create(random, depth - 1);
                    Node right = Create(random, depth - 1);
                    return new Node($"({left.Gbnf} | {right.Gbnf})", known => [.. left.Texts(known), .. right.Texts(known)]);
                case 5 or 6:
                    Node first = Create(random, depth - 1);
                    Node second = Create(random, depth - 1);
                    return new Node($"({first.Gbnf} {second.Gbnf})", known => Join(first.Texts(known), second.Texts(known)));
                default:
                    Node item = Create(random, depth - 1);
                    int minimum = random.Next(3);
                    int? maximum = random.Next(2) == 0 ? null : minimum + random.Next(3);
                    return new Node($"({item.Gbnf}){{{minimum},{maximum}}}", known => Repeat(item.Texts(known), minimum, maximum));
            }
        }

        private static HashSet<string> Join(HashSet<string> left, HashSet<string> right) =>
            [.. left.SelectMany(l => right.Select(r => l + r)).Where(text => text.Length <= MaxLength)];

        private static HashSet<string> Repeat(HashSet<string> item, int minimum, int? maximum)
        {
            HashSet<string> current = [""];
            HashSet<string> all = minimum == 0 ? [""] : [];
            for (int i = 1; i <= (maximum ?? minimum + MaxLength + 1); i++)
            {
                current = Join(current, item);
                if (i >= minimum)
                {
                    all.UnionWith(current);
                }
            }

            return all;
        }
    }
}
