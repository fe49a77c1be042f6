using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Models;

/// <summary>A model with added tokens that are looked for in the normalized text, before it is cut into pieces.</summary>
/// <param name="normalize">The normalizer.</param>
/// <param name="partition">The tokens, as the normalizer writes them.</param>
/// <param name="model">The model of what lies between them, which normalizes nothing.</param>
internal sealed class NormalizedTokensModel(TextTransform normalize, SpecialTokenPartition partition, TokenizerModel model) : TokenizerModel
{
    public override void Encode(ReadOnlyMemory<char> text, bool startOfText, List<int> output, CancellationToken cancellation)
    {
        ReadOnlyMemory<char> normalized = normalize(text.ToString(), startOfText).AsMemory();
        foreach (SpecialTokenPartition.Fragment fragment in partition.Split(normalized.Span, parseControl: true, []))
        {
            if (fragment.TokenId >= 0)
            {
                output.Add(fragment.TokenId);
            }
            else
            {
                model.Encode(normalized.Slice(fragment.Start, fragment.Length), startOfText && fragment.Start == 0, output, cancellation);
            }
        }
    }
}
