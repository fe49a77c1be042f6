using System.Text;

namespace Winnow.Cli.Chat;

/// <summary>A generated document of plain sentences with a few facts hidden in it, and a question about one of them.</summary>
/// <param name="Text">The document.</param>
/// <param name="Question">A question that it answers.</param>
/// <param name="Answer">The fact that answers it.</param>
/// <param name="Value">What a right answer contains; it occurs once in the document.</param>
internal sealed record ExampleDocument(string Text, string Question, string Answer, string Value)
{
    /// <summary>A document that a small model reads in a moment.</summary>
    public const int ShortCharacters = 16_000;

    private const int Facts = 4;
    private const int SentencesOfParagraph = 4;
    private static readonly string[] People = ["The captain", "My aunt", "The old gardener", "A traveller", "The doctor", "Her brother", "The innkeeper", "Our neighbour", "The young clerk", "A widow from the village", "The schoolmaster", "His eldest daughter", "The miller", "A stranger in a grey coat", "The parson", "Lady Harriet"];
    private static readonly string[] Actions = ["walked slowly along the river", "spoke of the long winter", "had been waiting near the gate", "looked out at the grey hills", "remembered the house by the sea", "wrote a short letter", "closed the heavy door", "asked for news of the harvest", "came down the narrow stairs", "read aloud from an old book", "counted the ships in the bay", "mended the broken fence", "would not hear of leaving", "carried a basket of apples", "began to laugh without a reason", "listened to the church bells"];
    private static readonly string[] Endings = ["while the rain fell upon the roof", "and nobody answered for a time", "as the lamps were being lit", "though it was already late", "before the carriage came back", "with an air of great contentment", "and the children laughed at it", "as if nothing had happened", "until the fire had burned low", "because the roads were bad", "and then said good night", "for the third time that week", "in spite of the cold", "so that the dog began to bark", "when the letter was opened", "and took no notice of the others"];
    private static readonly string[] Things = ["signal code", "vault number", "access code", "docket number"];
    private static readonly string[] Names = ["harbour", "meadow", "lantern", "orchard", "chapel", "bridge", "mill", "tower"];

    /// <summary>Makes a document; the same seed and length make the same one.</summary>
    /// <param name="seed">Chooses sentences, facts and question.</param>
    /// <param name="characters">About how long it is.</param>
    public static ExampleDocument Create(int seed, int characters = ShortCharacters)
    {
        Random random = new(seed);
        string[] names = [.. Names.SelectMany(first => Names.Where(second => second != first), (first, second) => $"{first} {second}")];
        random.Shuffle(names);
        (string Thing, string Name, string Value)[] facts =
            [.. names.Take(Facts).Select((name, i) => (Pick(random, Things), name, $"{i + 1}{random.Next(10_000, 99_999)}"))];

        StringBuilder text = new("Here is a long document with some facts hidden in it.\n");
        int hidden = 0;
        while (text.Length < characters || hidden < Facts)
        {
            // The facts stand at an eighth, three eighths, five eighths and seven eighths.
            if (hidden < Facts && text.Length >= characters * ((2 * hidden) + 1L) / (2 * Facts))
            {
                (string thing, string name, string value) = facts[hidden++];
                text.Append($"\nSomebody had added here: the {thing} of {name} is {value}.\n");
            }

            text.Append('\n');
            for (int sentence = 0; sentence < SentencesOfParagraph; sentence++)
            {
                text.Append(Pick(random, People)).Append(' ').Append(Pick(random, Actions)).Append(' ').Append(Pick(random, Endings))
                    .Append(sentence == SentencesOfParagraph - 1 ? ".\n" : ". ");
            }
        }

        (string askedThing, string askedName, string askedValue) = facts[random.Next(Facts)];
        return new ExampleDocument(
            text.ToString(),
            $"What is the {askedThing} for {askedName}?",
            $"The {askedThing} for {askedName} is {askedValue}.",
            askedValue);
    }

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
