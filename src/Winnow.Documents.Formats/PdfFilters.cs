using System.IO.Compression;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Winnow.Documents.Formats;

/// <summary>The filters that text of a PDF may be packed with, bounded; pictures are left packed.</summary>
/// <param name="path">The file, for errors.</param>
/// <param name="throwIfStopped">Asked before anything is unpacked.</param>
internal sealed class PdfFilters(string path, Action throwIfStopped) : BaseFilterProvider(Filters(new Budget(path, throwIfStopped)))
{
    private const long MaxStreamBytes = 128 << 20;
    private const long MaxTotalBytes = 2L << 30;

    /// <summary>LZW makes up to 2731 bytes of one and a half: what a page's text needs is far less.</summary>
    private const int MaxLzwBytes = 64 << 10;

    private static Dictionary<string, IFilter> Filters(Budget budget)
    {
        IFilter flate = new Bounded(new FlateFilter(), budget);
        IFilter lzw = new Bounded(new LzwFilter(), budget);
        IFilter ascii85 = new Bounded(new Ascii85Filter(), budget);
        IFilter asciiHex = new Bounded(new AsciiHexDecodeFilter(), budget);
        IFilter runLength = new Bounded(new RunLengthFilter(), budget);
        IFilter picture = new Picture();
        return new Dictionary<string, IFilter>
        {
            [NameToken.FlateDecode.Data] = flate,
            [NameToken.FlateDecodeAbbreviation.Data] = flate,
            [NameToken.LzwDecode.Data] = lzw,
            [NameToken.LzwDecodeAbbreviation.Data] = lzw,
            [NameToken.Ascii85Decode.Data] = ascii85,
            [NameToken.Ascii85DecodeAbbreviation.Data] = ascii85,
            [NameToken.AsciiHexDecode.Data] = asciiHex,
            [NameToken.AsciiHexDecodeAbbreviation.Data] = asciiHex,
            [NameToken.RunLengthDecode.Data] = runLength,
            [NameToken.RunLengthDecodeAbbreviation.Data] = runLength,
            [NameToken.CcittfaxDecode.Data] = picture,
            [NameToken.CcittfaxDecodeAbbreviation.Data] = picture,
            [NameToken.DctDecode.Data] = picture,
            [NameToken.DctDecodeAbbreviation.Data] = picture,
            [NameToken.Jbig2Decode.Data] = picture,
            [NameToken.JpxDecode.Data] = picture,
        };
    }

    private sealed class Budget(string path, Action throwIfStopped)
    {
        private long _total;

        public void Begin() => throwIfStopped();

        public void Charge(long bytes)
        {
            _total += bytes;
            if (bytes > MaxStreamBytes || _total > MaxTotalBytes)
            {
                throw new DocumentException(path, $"is a PDF document that unpacks to more than {(bytes > MaxStreamBytes ? MaxStreamBytes : MaxTotalBytes) >> 20} MiB, which no text needs");
            }
        }
    }

    private sealed class Bounded(IFilter filter, Budget budget) : IFilter
    {
        public bool IsSupported => true;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
        {
            budget.Begin();
            if (filter is FlateFilter)
            {
                budget.Charge(Inflated(input));
            }
            else if (filter is LzwFilter && input.Length > MaxLzwBytes)
            {
                return Memory<byte>.Empty;
            }

            Memory<byte> output = filter.Decode(input, streamDictionary, filterProvider, filterIndex);
            if (filter is not FlateFilter)
            {
                budget.Charge(output.Length);
            }

            return output;
        }

        /// <summary>How much a stream unpacks to, up to one piece more than it may.</summary>
        private static long Inflated(Memory<byte> input)
        {
            if (input.Length < 2)
            {
                return 0;
            }

            byte[] piece = new byte[1 << 16];
            long length = 0;
            try
            {
                // Behind the two bytes of zlib's header, as the filter reads it.
                using MemoryStream packed = new(input[2..].ToArray(), writable: false);
                using DeflateStream stream = new(packed, CompressionMode.Decompress);
                for (int read; length <= MaxStreamBytes && (read = stream.Read(piece)) > 0;)
                {
                    length += read;
                }
            }
            catch (InvalidDataException)
            {
                // Damaged: the filter gives up at the same place.
            }

            return length;
        }
    }

    private sealed class Picture : IFilter
    {
        public bool IsSupported => false;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex) =>
            throw new NotSupportedException("pictures are not read");
    }
}
