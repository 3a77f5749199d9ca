// One certificate: arm, wait for the tap, claim, print, ack. Needs a JDK of version 17 or later and nothing else.
//   java Print.java SOCKET PROFILE [TRANSACTION [JOBS]]
// Standard output stands for the paper, standard error for the customer's display.
// Started again with the same TRANSACTION and the same directory JOBS it goes on where it stopped.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.*;
import java.util.*;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Print {
    static final PrintStream paper = new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8);
    static final PrintStream display = new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8);
    static final Timer timer = new Timer(true);
    static Path socket, jobs;

    /** What ends an attempt: a problem, or a presentation that ended without a result. */
    static class Refused extends Exception {
        final Map<String, Object> why;
        Refused(Map<String, Object> why) { this.why = why; }
    }

    static void show(Map<String, Object> told) {
        display.println(in(told, "user_message").get("ja") + "  [" + told.get("code") + ", retry: " + told.get("retry") + "]");
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> in(Object object, String name) {
        return (Map<String, Object>) ((Map<String, Object>) object).getOrDefault(name, Map.of());
    }

    /** One HTTP/1.1 exchange on a connection of its own. An answer that is not whole is an IOException, a problem is Refused. */
    static Map<String, Object> exchange(String method, String path, String body, String key) throws IOException, Refused {
        byte[] got;
        String head = method + " " + path + " HTTP/1.1\r\nHost: kazashi\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: " + body.getBytes(UTF_8).length + "\r\n" + (key.isEmpty() ? "" : "Idempotency-Key: " + key + "\r\n") + "\r\n";
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            TimerTask hangUp = new TimerTask() {
                @Override public void run() {
                    try { channel.close(); } catch (IOException e) { /* closed already */ }
                }
            };
            timer.schedule(hangUp, 40_000); // longer than the longest wait that is asked for
            Channels.newOutputStream(channel).write((head + body).getBytes(UTF_8));
            got = Channels.newInputStream(channel).readAllBytes();
            hangUp.cancel();
        }
        String whole = new String(got, UTF_8);
        int end = whole.indexOf("\r\n\r\n"); // characters are bytes up to here: the head is ASCII
        Matcher status = Pattern.compile("HTTP/1\\.1 (\\d{3}) ").matcher(whole);
        Matcher length = Pattern.compile("(?im)^Content-Length: *(\\d+)\\s*$").matcher(whole.substring(0, Math.max(end, 0)));
        if (!status.lookingAt() || !length.find() || got.length - end - 4 != Integer.parseInt(length.group(1)))
            throw new IOException("the answer is not whole");
        Map<String, Object> answer = new Json(whole.substring(end + 4)).object();
        if (Integer.parseInt(status.group(1)) >= 400) throw new Refused(answer);
        return answer;
    }

    /** Every request may be repeated: a broken connection and `retry: later` are followed by the same one again. */
    static Map<String, Object> call(String method, String path, String body, String key) throws Refused, InterruptedException {
        for (int tries = 1; ; tries++) {
            Refused refused;
            try {
                return exchange(method, path, body, key);
            } catch (IOException broken) {
                refused = new Refused(Map.of("code", "none", "retry", "call-technician",
                    "user_message", Map.of("ja", "ただいまご利用いただけません。係員をお呼びください。")));
            } catch (Refused problem) {
                if (!"later".equals(problem.why.get("retry"))) throw problem;
                refused = problem;
            }
            if (tries == 5) throw refused;
            Thread.sleep(1000);
        }
    }

    /** Stands for the printer. */
    static boolean print(String id, Map<String, Object> claim) {
        for (Object document : (List<?>) claim.get("documents"))
            for (Object space : in(document, "elements").values())
                ((Map<?, ?>) space).forEach((name, value) -> paper.println("PRINT " + id + " " + name + ": "
                    + (value instanceof Map<?, ?> bytes ? bytes.get("media_type") : value)));
        return !paper.checkError();
    }

    /**
     * Prints a presentation's job at most once, whatever is repeated or restarted.
     * A job that was begun and not finished is abandoned: nobody knows what is on the paper.
     */
    static boolean job(String id, Map<String, Object> claim) throws IOException {
        try {
            Files.createFile(jobs.resolve(id + ".begun"));
        } catch (FileAlreadyExistsException before) {
            return Files.exists(jobs.resolve(id + ".printed"));
        }
        if (!print(id, claim)) return false;
        Files.createFile(jobs.resolve(id + ".printed"));
        return true;
    }

    static boolean issue(String order, String key) throws Exception {
        Map<String, Object> p = call("POST", "/v1/presentations", order, key);
        String path = "/v1/presentations/" + p.get("id");
        if ("armed".equals(p.get("state"))) display.println("スマートフォンをかざしてください。");
        for (Object told = null; List.of("armed", "reading").contains(p.get("state")); ) {
            Object tap = p.get("last_tap");
            if (tap != null && !tap.equals(told)) show(in(p, "last_tap"));
            told = tap;
            p = call("GET", path + "?wait=25s&seen=" + p.get("version"), "", "");
        }
        if ("acked".equals(p.get("state"))) return "issued".equals(p.get("outcome"));
        if (!List.of("verified", "claimed").contains(p.get("state"))) throw new Refused(p);
        String claim = "{\"claim_id\":\"" + p.get("id") + '"';
        boolean printed = job((String) p.get("id"), call("POST", path + "/claim", claim + "}", ""));
        try {
            call("POST", path + "/ack", claim + ",\"outcome\":\"" + (printed ? "issued" : "abandoned") + "\"}", "");
        } catch (Refused refused) { // the paper is what it is: the outcome stands
            display.println("not acknowledged [" + refused.why.get("code") + "]");
        }
        return printed;
    }

    public static void main(String[] args) throws Exception {
        System.exit(run(args));
    }

    static int run(String[] args) throws Exception {
        String transaction = args.length > 2 ? args[2] : "job-" + System.currentTimeMillis();
        if (args.length < 2 || !args[1].concat(transaction).matches("[A-Za-z0-9._:~-]+")) {
            display.println("usage: java Print.java SOCKET PROFILE [TRANSACTION [JOBS]]");
            return 64;
        }
        socket = Path.of(args[0]);
        jobs = Files.createDirectories(Path.of(args.length > 3 ? args[3] : "jobs"));
        String order = "{\"profile\":\"" + args[1] + "\",\"transaction\":\"" + transaction + "\"}";
        for (int attempt = 1; attempt <= 3; attempt++) {
            try {
                if (issue(order, transaction + "." + attempt)) return 0;
                display.println("印刷できませんでした。係員をお呼びください。");
                return 1;
            } catch (Refused refused) {
                show(refused.why);
                if ("later".equals(refused.why.get("retry"))) Thread.sleep(5000);
                else if (!"tap-again".equals(refused.why.get("retry"))) return 1;
            }
        }
        return 1;
    }

    /** The JDK reads no JSON; this reads RFC 8259 into Map, List, String, BigDecimal, Boolean and null, and refuses the rest. */
    static class Json {
        static final Pattern TOKEN = Pattern.compile("\\s*([\\[\\]{}:,]|true|false|null|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?"
            + "|\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\")\\s*");
        static final Pattern ESCAPE = Pattern.compile("\\\\(?:u(\\p{XDigit}{4})|(.))");
        final Matcher at;

        Json(String text) { at = TOKEN.matcher(text); }

        String next() throws IOException {
            if (!at.lookingAt()) throw new IOException("the answer is not JSON");
            String token = at.group(1);
            at.region(at.end(), at.regionEnd());
            return token;
        }

        Map<String, Object> object() throws IOException {
            if (!next().equals("{")) throw new IOException("the answer is not an object");
            return members();
        }

        Map<String, Object> members() throws IOException {
            Map<String, Object> object = new LinkedHashMap<>();
            for (String token = next(); !token.equals("}"); token = next()) {
                String name = (String) value(token.equals(",") ? next() : token);
                next(); // the colon
                object.put(name, value(next()));
            }
            return object;
        }

        Object value(String token) throws IOException {
            switch (token.charAt(0)) {
                case '{': return members();
                case '"': return ESCAPE.matcher(token.substring(1, token.length() - 1)).replaceAll(Json::character);
                case 't': case 'f': return Boolean.valueOf(token);
                case 'n': return null;
                case '[':
                    List<Object> list = new ArrayList<>();
                    for (token = next(); !token.equals("]"); token = next()) list.add(value(token.equals(",") ? next() : token));
                    return list;
                default: return new BigDecimal(token);
            }
        }

        static String character(java.util.regex.MatchResult escape) {
            if (escape.group(1) != null) return Matcher.quoteReplacement("" + (char) Integer.parseInt(escape.group(1), 16));
            int control = "bfnrt".indexOf(escape.group(2));
            return Matcher.quoteReplacement(control < 0 ? escape.group(2) : "\b\f\n\r\t".substring(control, control + 1));
        }
    }
}
