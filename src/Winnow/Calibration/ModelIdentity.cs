namespace Winnow.Calibration;

/// <summary>Which model a calibration belongs to.</summary>
/// <param name="Path">The file or folder that the model was loaded from; the sidecar lies beside it.</param>
/// <param name="Name">What its makers call it, for messages.</param>
/// <param name="Fingerprint">What the sidecar is tied to.</param>
internal sealed record ModelIdentity(string Path, string Name, string Fingerprint);
