// One certificate: arm, wait for the tap, claim, print, ack. Needs .NET 6 or later and nothing else.
//   dotnet run --project csharp -- SOCKET PROFILE [TRANSACTION [JOBS]]
// Standard output stands for the paper, standard error for the customer's display.
// Started again with the same TRANSACTION and the same directory JOBS it goes on where it stopped.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;

// What ends an attempt: a problem, or a presentation that ended without a result.
class Refused : Exception {
    public readonly JsonElement Why;
    public Refused(JsonElement why) { Why = why; }
    public string Retry { get { return Why.GetProperty("retry").GetString(); } }
}

class Print {
    const string Unreachable = @"{""code"": ""none"", ""retry"": ""call-technician"",
        ""user_message"": {""ja"": ""ただいまご利用いただけません。係員をお呼びください。""}}";

    readonly HttpClient http;
    readonly string jobs;
    static readonly Stream paper = Console.OpenStandardOutput();

    Print(string socket, string jobs) {
        this.jobs = Directory.CreateDirectory(jobs).FullName;
        var handler = new SocketsHttpHandler {
            UseProxy = false,
            ConnectCallback = async (context, cancel) => {
                var s = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try {
                    await s.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                    return new NetworkStream(s, true);
                } catch {
                    s.Dispose();
                    throw;
                }
            },
        };
        http = new HttpClient(handler) { BaseAddress = new Uri("http://kazashi"), Timeout = TimeSpan.FromSeconds(40) };
    }

    static void Show(JsonElement told) {
        Console.Error.WriteLine("{0}  [{1}, retry: {2}]", told.GetProperty("user_message").GetProperty("ja").GetString(),
            told.GetProperty("code").GetString(), told.GetProperty("retry").GetString());
    }

    // Every request may be repeated: a broken connection and `retry: later` are followed by the same one again.
    async Task<JsonElement> Call(HttpMethod method, string path, object body = null, string key = null) {
        for (int tries = 1; ; tries++) {
            JsonElement refusal;
            try {
                var request = new HttpRequestMessage(method, path);
                // Not JsonContent: without a Content-Length the body would go out in chunks.
                if (body != null) request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
                if (key != null) request.Headers.Add("Idempotency-Key", key);
                using (var response = await http.SendAsync(request)) {
                    var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
                    if (response.IsSuccessStatusCode) return answer;
                    refusal = answer;
                    if (refusal.GetProperty("retry").GetString() != "later") tries = 5;
                }
            } catch (Exception e) when (e is HttpRequestException || e is TaskCanceledException || e is IOException) {
                refusal = JsonDocument.Parse(Unreachable).RootElement;
            }
            if (tries == 5) throw new Refused(refusal);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    // Stands for the printer.
    static bool OnPaper(string id, JsonElement claim) {
        var page = new StringBuilder();
        foreach (var document in claim.GetProperty("documents").EnumerateArray())
            foreach (var space in document.GetProperty("elements").EnumerateObject())
                foreach (var element in space.Value.EnumerateObject())
                    page.AppendFormat("PRINT {0} {1}: {2}\n", id, element.Name,
                        element.Value.ValueKind == JsonValueKind.Object ? element.Value.GetProperty("media_type") : element.Value);
        try {
            var bytes = Encoding.UTF8.GetBytes(page.ToString());
            paper.Write(bytes, 0, bytes.Length);
            paper.Flush();
            return true;
        } catch (IOException) {
            return false;
        }
    }

    // Makes what is done once: CreateNew fails where the file exists.
    bool Mark(string name) {
        try {
            new FileStream(Path.Combine(jobs, name), FileMode.CreateNew).Dispose();
            return true;
        } catch (IOException) {
            return false;
        }
    }

    // Prints a presentation's job at most once, whatever is repeated or restarted.
    // A job that was begun and not finished is abandoned: nobody knows what is on the paper.
    bool Job(string id, JsonElement claim) {
        if (!Mark(id + ".begun")) return File.Exists(Path.Combine(jobs, id + ".printed"));
        return OnPaper(id, claim) && Mark(id + ".printed");
    }

    async Task<bool> Issue(object order, string key) {
        var p = await Call(HttpMethod.Post, "/v1/presentations", order, key);
        string id = p.GetProperty("id").GetString(), path = "/v1/presentations/" + id, told = null, state;
        if (p.GetProperty("state").GetString() == "armed") Console.Error.WriteLine("スマートフォンをかざしてください。");
        while ((state = p.GetProperty("state").GetString()) == "armed" || state == "reading") {
            JsonElement tap;
            if (p.TryGetProperty("last_tap", out tap) && tap.GetRawText() != told) {
                Show(tap);
                told = tap.GetRawText();
            }
            p = await Call(HttpMethod.Get, path + "?wait=25s&seen=" + p.GetProperty("version").GetInt64());
        }
        if (state == "acked") return p.GetProperty("outcome").GetString() == "issued";
        if (state != "verified" && state != "claimed") throw new Refused(p);
        bool printed = Job(id, await Call(HttpMethod.Post, path + "/claim", new Dictionary<string, string> { { "claim_id", id } }));
        try {
            await Call(HttpMethod.Post, path + "/ack",
                new Dictionary<string, string> { { "claim_id", id }, { "outcome", printed ? "issued" : "abandoned" } });
        } catch (Refused refused) { // the paper is what it is: the outcome stands
            Console.Error.WriteLine("not acknowledged [{0}]", refused.Why.GetProperty("code").GetString());
        }
        return printed;
    }

    static async Task<int> Main(string[] args) {
        if (args.Length < 2) {
            Console.Error.WriteLine("usage: Print SOCKET PROFILE [TRANSACTION [JOBS]]");
            return 64;
        }
        string transaction = args.Length > 2 ? args[2] : "job-" + Guid.NewGuid();
        var printer = new Print(args[0], args.Length > 3 ? args[3] : "jobs");
        var order = new Dictionary<string, string> { { "profile", args[1] }, { "transaction", transaction } };
        for (int attempt = 1; attempt <= 3; attempt++) {
            try {
                if (await printer.Issue(order, transaction + "." + attempt)) return 0;
                Console.Error.WriteLine("印刷できませんでした。係員をお呼びください。");
                return 1;
            } catch (Refused refused) {
                Show(refused.Why);
                if (refused.Retry == "later") await Task.Delay(TimeSpan.FromSeconds(5));
                else if (refused.Retry != "tap-again") return 1;
            }
        }
        return 1;
    }
}
