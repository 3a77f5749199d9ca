// One certificate: arm, wait for the tap, claim, print, ack. Needs libcurl and nlohmann/json; C++17.
//   print SOCKET PROFILE [TRANSACTION [JOBS]]
// Standard output stands for the paper, standard error for the customer's display.
// Started again with the same TRANSACTION and the same directory JOBS it goes on where it stopped.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

using json = nlohmann::json;
namespace fs = std::filesystem;

// What ends an attempt: a problem, or a presentation that ended without a result.
struct Refused { json why; };

static const json unreachable = {{"code", "none"}, {"retry", "call-technician"},
    {"user_message", {{"ja", "ただいまご利用いただけません。係員をお呼びください。"}}}};

static void show(const std::string &line) { std::cerr << line << std::endl; }

static void tell(const json &told) {
    show(told["user_message"]["ja"].get<std::string>() + "  [" + told["code"].get<std::string>() +
         ", retry: " + told["retry"].get<std::string>() + "]");
}

static size_t append(char *data, size_t, size_t size, void *body) {
    static_cast<std::string *>(body)->append(data, size);
    return size;
}

// Every request may be repeated: a broken connection and `retry: later` are followed by the same one again.
static json call(const std::string &socket, const char *method, const std::string &path, const json &body = nullptr,
                 const std::string &key = "") {
    const std::string url = "http://kazashi" + path, sent = body.dump();
    json refusal = unreachable;
    for (int tries = 5; tries > 0; tries--) {
        std::string answer;
        long status = 0;
        curl_slist *headers = nullptr;
        if (!key.empty()) headers = curl_slist_append(headers, ("Idempotency-Key: " + key).c_str());
        if (!body.is_null()) headers = curl_slist_append(headers, "Content-Type: application/json");
        CURL *curl = curl_easy_init();
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, 40L); // longer than the longest wait that is asked for
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        if (!body.is_null()) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent.c_str());
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
        const bool arrived = curl_easy_perform(curl) == CURLE_OK;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
        curl_slist_free_all(headers);
        if (arrived && status < 400) return json::parse(answer);
        refusal = arrived ? json::parse(answer) : unreachable;
        if (arrived && refusal["retry"] != "later") break;
        if (tries > 1) std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    throw Refused{refusal};
}

// Stands for the printer.
static bool print(const json &claim) {
    for (const auto &document : claim["documents"])
        for (const auto &space : document["elements"])
            for (const auto &[name, value] : space.items()) {
                const json &shown = value.is_object() ? value["media_type"] : value;
                std::cout << "PRINT " << claim["presentation_id"].get<std::string>() << ' ' << name << ": "
                          << (shown.is_string() ? shown.get<std::string>() : shown.dump()) << '\n';
            }
    return static_cast<bool>(std::cout.flush());
}

// Makes what is done once: "x" fails where the file exists.
static bool mark(const fs::path &file) {
    FILE *made = std::fopen(file.c_str(), "wx");
    return made && std::fclose(made) == 0;
}

// Prints a presentation's job at most once, whatever is repeated or restarted.
// A job that was begun and not finished is abandoned: nobody knows what is on the paper.
static bool job(const fs::path &jobs, const json &claim) {
    const std::string id = claim["presentation_id"];
    if (!mark(jobs / (id + ".begun"))) return fs::exists(jobs / (id + ".printed"));
    return print(claim) && mark(jobs / (id + ".printed"));
}

static bool issue(const std::string &socket, const json &order, const std::string &key, const fs::path &jobs) {
    json p = call(socket, "POST", "/v1/presentations", order, key);
    const std::string path = "/v1/presentations/" + p["id"].get<std::string>();
    if (p["state"] == "armed") show("スマートフォンをかざしてください。");
    for (json told; p["state"] == "armed" || p["state"] == "reading";) {
        if (p.contains("last_tap") && p["last_tap"] != told) tell(told = p["last_tap"]);
        p = call(socket, "GET", path + "?wait=25s&seen=" + p["version"].dump());
    }
    if (p["state"] == "acked") return p["outcome"] == "issued";
    if (p["state"] != "verified" && p["state"] != "claimed") throw Refused{p};
    const bool printed = job(jobs, call(socket, "POST", path + "/claim", {{"claim_id", p["id"]}}));
    try {
        call(socket, "POST", path + "/ack", {{"claim_id", p["id"]}, {"outcome", printed ? "issued" : "abandoned"}});
    } catch (const Refused &refused) { // the paper is what it is: the outcome stands
        show("not acknowledged [" + refused.why["code"].get<std::string>() + "]");
    }
    return printed;
}

int main(int argc, char **argv) try {
    if (argc < 3) return show("usage: print SOCKET PROFILE [TRANSACTION [JOBS]]"), 64;
    const std::string transaction =
        argc > 3 ? argv[3] : "job-" + std::to_string(time(nullptr)) + "-" + std::to_string(getpid());
    const fs::path jobs = argc > 4 ? argv[4] : "jobs";
    fs::create_directories(jobs);
    for (int attempt = 1; attempt <= 3; attempt++) try {
        const json order = {{"profile", argv[2]}, {"transaction", transaction}};
        if (issue(argv[1], order, transaction + "." + std::to_string(attempt), jobs)) return 0;
        return show("印刷できませんでした。係員をお呼びください。"), 1;
    } catch (const Refused &refused) {
        tell(refused.why);
        if (refused.why["retry"] == "later") std::this_thread::sleep_for(std::chrono::seconds(5));
        else if (refused.why["retry"] != "tap-again") return 1;
    }
    return 1;
} catch (const std::exception &error) {
    return show(std::string(typeid(error).name())), 1; // not what(): a parse error quotes what it could not read
}
