namespace Winnow.Documents.Formats;

/// <summary>PDF, DOCX and HTML.</summary>
public static class CommonFormats
{
    /// <summary>Lets the whole process read them wherever it reads documents.</summary>
    public static void Add()
    {
        DocumentFormat.Add(new PdfFormat());
        DocumentFormat.Add(new DocxFormat());
        DocumentFormat.Add(new HtmlFormat());
    }
}
