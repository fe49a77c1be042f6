namespace Winnow.Lab.Evaluation.Cases;

/// <summary>A fact that is asked for in other words: but for words like "the", question and fact have none in common.</summary>
/// <remarks>
/// Lexical search finds nothing to hold on to; facts of the same form about other people and things stand beside it. Whether a
/// model answers depends on the synonyms that it knows.
/// </remarks>
internal sealed class ParaphrasedNeedle : CaseTask
{
    private static readonly (string Fact, string Question)[] People =
    [
        ("physician", "doctor"), ("attorney", "lawyer"), ("clergyman", "parson"), ("sailor", "seaman"), ("lad", "boy"), ("maiden", "girl"),
        ("infant", "baby"), ("merchant", "trader"), ("servant", "footman"), ("monarch", "king"), ("teacher", "schoolmaster"), ("thief", "robber"),
    ];

    private static readonly (string Fact, string Question)[] Belongings =
    [
        ("vessel", "ship"), ("residence", "house"), ("automobile", "motor-car"), ("graveyard", "cemetery"), ("garments", "clothes"), ("stone", "rock"),
        ("woods", "forest"), ("couch", "sofa"), ("letter", "note"), ("road", "highway"), ("horse", "mare"), ("gun", "pistol"),
    ];

    public override string Name => "niah_paraphrase";

    public override CaseDraft Draft(CaseRandom random, Haystack text, int targetLength)
    {
        CaseNames names = new(random, text.Words);
        (string Fact, string Question)[] people = Shuffled(random, People);
        (string Fact, string Question)[] things = Shuffled(random, Belongings);
        string value = names.Value(0);
        List<string> facts = [Fact(people[0].Fact, things[0].Fact, value)];
        for (int i = 1; i <= Math.Min(Distractors(targetLength), people.Length - 1); i++)
        {
            facts.Add(Fact(people[i].Fact, things[i].Fact, names.Value(0)));
        }

        (string[] shuffled, int primary) = Shuffle(random, facts);
        return new CaseDraft
        {
            Facts = shuffled,
            Primary = primary,
            Filler = text.From(random),
            Question = $"How much money did the {people[0].Question} want when his {things[0].Question} was sold?",
            Answer = $"The {people[0].Question} wanted {value}.",
            Expected = [value],
            Reserved = [value],
        };
    }

    private static string Fact(string person, string thing, string value) =>
        $"For that old {thing}, our {person} asked a price of {value} pounds.";

    private static (string Fact, string Question)[] Shuffled(CaseRandom random, (string Fact, string Question)[] pairs)
    {
        (string Fact, string Question)[] shuffled = [.. pairs];
        for (int i = shuffled.Length - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]);
        }

        return shuffled;
    }
}
