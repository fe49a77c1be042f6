using System.Text;

namespace Winnow.Cli.Chat;

/// <summary>A generated document of plain sentences with a few facts hidden in it, and a question about one of them.</summary>
/// <param name="Text">The document.</param>
/// <param name="Question">A question that it answers.</param>
internal sealed record ExampleDocument(string Text, string Question)
{
    private const int Paragraphs = 24;
    private const int Facts = 4;
    private static readonly string[] People = ["The captain", "My aunt", "The old gardener", "A traveller", "The doctor", "Her brother", "The innkeeper", "Our neighbour"];
    private static readonly string[] Actions = ["walked slowly along the river", "spoke of the long winter", "had been waiting near the gate", "looked out at the grey hills", "remembered the house by the sea", "wrote a short letter", "closed the heavy door", "asked for news of the harvest"];
    private static readonly string[] Endings = ["while the rain fell upon the roof", "and nobody answered for a time", "as the lamps were being lit", "though it was already late", "before the carriage came back", "with an air of great contentment", "and the children laughed at it", "as if nothing had happened"];
    private static readonly string[] Things = ["signal code", "vault number", "access code", "order number"];
    private static readonly string[] Names = ["harbour", "meadow", "lantern", "orchard", "chapel", "bridge", "mill", "tower"];

    /// <summary>Makes a document; the same seed makes the same one.</summary>
    public static ExampleDocument Create(int seed)
    {
        Random random = new(seed);
        string[] facts = new string[Facts];
        string question = "";
        for (int i = 0; i < Facts; i++)
        {
            string thing = Pick(random, Things);
            string name = $"{Pick(random, Names)} {Pick(random, Names)}";
            facts[i] = $"Somebody had added here: the {thing} for {name} is {random.Next(1000, 999_999)}.";
            question = $"What is the {thing} for {name}?";
        }

        StringBuilder text = new("Here is a long document with some facts hidden in it.\n");
        for (int paragraph = 0; paragraph < Paragraphs; paragraph++)
        {
            text.Append('\n');
            for (int sentence = 0; sentence < 4; sentence++)
            {
                text.Append(Pick(random, People)).Append(' ').Append(Pick(random, Actions)).Append(' ').Append(Pick(random, Endings)).Append(sentence == 3 ? ".\n" : ". ");
            }

            if (paragraph % (Paragraphs / Facts) == Paragraphs / Facts / 2)
            {
                text.Append('\n').Append(facts[paragraph / (Paragraphs / Facts)]).Append('\n');
            }
        }

        return new ExampleDocument(text.ToString(), question);
    }

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
