import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/** Sends one signed request. Java 17 and later; org.bouncycastle:bcprov-jdk18on brings SM3. */
public final class SignedRequest {
    private static final String UNRESERVED =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private SignedRequest() {}

    /** APP_SECRET=… java SignedRequest app-id method url [body] */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        byte[] secret = System.getenv("APP_SECRET").getBytes(StandardCharsets.UTF_8);
        byte[] body = (arguments.length > 3 ? arguments[3] : "").getBytes(StandardCharsets.UTF_8);
        HttpRequest request = signed(arguments[0], secret, arguments[1], URI.create(arguments[2]), body);
        // Without TLS, Java would ask to change to HTTP/2 first, and the body of that request is not looked at.
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpResponse<String> answer =
                client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        System.out.println(answer.statusCode());
        System.out.println(answer.body());
    }

    /** Every request, a retry too, is signed anew: fresh nonce, present time. The Idempotency-Key of a retry stays. */
    static HttpRequest signed(String appId, byte[] secret, String method, URI address, byte[] body) {
        URI url = URI.create(address.toASCIIString()); // as it is sent: Chinese is escaped
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String nonce = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        String timestamp = Long.toString(System.currentTimeMillis());
        String text = canonicalString(method, url.getRawPath(), url.getRawQuery(), body, timestamp, nonce);
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .header("X-App-Id", appId)
                .header("X-Timestamp", timestamp)
                .header("X-Nonce", nonce)
                .header("X-Signature", sign(secret, text));
        if (body.length == 0) {
            return request.method(method.toUpperCase(Locale.ROOT), HttpRequest.BodyPublishers.noBody()).build();
        }
        return request.header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .method(method.toUpperCase(Locale.ROOT), HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    /** What is signed: six lines. Path and query as they stand in the request line; the query may be null. */
    static String canonicalString(
            String method, String path, String query, byte[] body, String timestamp, String nonce) {
        String verb = method.toUpperCase(Locale.ROOT);
        return String.join("\n", verb, canonicalPath(path), canonicalQuery(query), sm3(body), timestamp, nonce);
    }

    static String sign(byte[] secret, String text) {
        byte[] message = text.getBytes(StandardCharsets.UTF_8);
        HMac mac = new HMac(new SM3Digest());
        mac.init(new KeyParameter(secret));
        mac.update(message, 0, message.length);
        byte[] signature = new byte[mac.getMacSize()];
        mac.doFinal(signature, 0);
        return Base64.getEncoder().encodeToString(signature);
    }

    private static String sm3(byte[] content) {
        SM3Digest digest = new SM3Digest();
        digest.update(content, 0, content.length);
        byte[] value = new byte[digest.getDigestSize()];
        digest.doFinal(value, 0);
        return HexFormat.of().formatHex(value);
    }

    private static String canonicalPath(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            segments.add(encoded(decoded(segment)));
        }
        return String.join("/", segments);
    }

    private static String canonicalQuery(String query) {
        List<String[]> pairs = new ArrayList<>();
        for (String parameter : (query == null ? "" : query).split("&")) {
            if (!parameter.isEmpty()) {
                String[] pair = parameter.replace('+', ' ').split("=", 2);
                pairs.add(new String[] {encoded(decoded(pair[0])), encoded(decoded(pair.length > 1 ? pair[1] : ""))});
            }
        }
        pairs.sort(Comparator.<String[], String>comparing(pair -> pair[0]).thenComparing(pair -> pair[1]));
        List<String> written = new ArrayList<>();
        for (String[] pair : pairs) {
            written.add(pair[0] + "=" + pair[1]);
        }
        return String.join("&", written);
    }

    private static byte[] decoded(String given) {
        String text = new String(given.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1); // a char a byte
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int at = 0; at < text.length(); at++) {
            boolean escaped = text.charAt(at) == '%' && at + 2 < text.length()
                    && HexFormat.isHexDigit(text.charAt(at + 1)) && HexFormat.isHexDigit(text.charAt(at + 2));
            bytes.write(escaped ? HexFormat.fromHexDigits(text, at + 1, at + 3) : text.charAt(at));
            at += escaped ? 2 : 0;
        }
        return bytes.toByteArray();
    }

    private static String encoded(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) {
            char letter = (char) (each & 0xff);
            text.append(UNRESERVED.indexOf(letter) >= 0 ? String.valueOf(letter) : String.format("%%%02X", (int) letter));
        }
        return text.toString();
    }
}
