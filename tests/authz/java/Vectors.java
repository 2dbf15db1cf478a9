import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Reads a request a line (seven members, each in Base64), and writes for each what is signed and the signature. */
public final class Vectors {
    private Vectors() {}

    public static void main(String[] arguments) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] member = line.split(" ", -1);
            String text = SignedRequest.canonicalString(
                    text(member[0]), text(member[1]), text(member[2]), bytes(member[3]), text(member[4]), text(member[5]));
            String shown = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
            System.out.println(shown + " " + SignedRequest.sign(bytes(member[6]), text));
        }
    }

    private static byte[] bytes(String encoded) {
        return Base64.getDecoder().decode(encoded);
    }

    private static String text(String encoded) {
        return new String(bytes(encoded), StandardCharsets.UTF_8);
    }
}
