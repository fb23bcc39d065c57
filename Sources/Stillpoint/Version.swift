/// What this is, and the Python that it speaks.
public enum Version {
    public static let still = "0.1"
    public static let python = "3.13"
}
