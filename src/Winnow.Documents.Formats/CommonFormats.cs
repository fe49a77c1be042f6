namespace Winnow.Documents.Formats;

/// <summary>PDF, DOCX and HTML.</summary>
public static class CommonFormats
{
    /// <summary>Lets the whole process read them wherever it reads documents.</summary>
    public static void Add()
    {
        DocumentFormats.Add(new PdfFormat());
        DocumentFormats.Add(new DocxFormat());
        DocumentFormats.Add(new HtmlFormat());
    }
}
