// Receives Antom's notifications of vaulted cards with cpp-httplib: verifies each, acts on it once,
// and acknowledges it. To compile it, with libantom's files in DIR:
//   c++ -std=c++17 -pthread receive_notification.cpp -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib
//   -lantom $(pkg-config --cflags --libs cpp-httplib)
// Then: a.out [PORT]. In production, put a web server with TLS in front of it; the path that Antom
// calls must arrive unchanged.
#include <antom.hpp>
#include <cstdlib>
#include <httplib.h>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

static std::string setting(const char *name) {
    const char *value = std::getenv(name);
    return value == nullptr ? "" : value;
}

static antom::Client client_from_environment() {
    antom::Options options;
    options.client_id(setting("ANTOM_CLIENT_ID"))
        .private_key_path(setting("ANTOM_PRIVATE_KEY_PATH"))
        .antom_public_key_path(setting("ANTOM_PUBLIC_KEY_PATH"))
        .endpoint(setting("ANTOM_ENDPOINT"));
    return antom::Client(options);
}

// In one piece, because several notifications may be handled at the same time.
static void say(const std::string &line) {
    std::cout << line + '\n' << std::flush;
}

// Keeps the token. If that fails, it throws, and Antom sends the notification again.
static void handle(const antom::Vaulting &vaulting) {
    const std::string id(vaulting.request_id());
    if (vaulting.outcome() == antom::Outcome::succeeded) {
        // The card token goes to where your passwords are, and to no log.
        say(id + ": vaulted " + std::string(vaulting.card_brand().value_or("a card")) +
            " ending in " + std::string(vaulting.card_last_four().value_or("none")));
    } else {
        say(id + ": not vaulted, " + std::string(vaulting.code().value_or("no code")));
    }
}

static void handle_once(const antom::Vaulting &vaulting, const antom::ReplayGuard &handled) {
    // One at a time: a repetition must not be acknowledged while it is not certain that the first
    // was handled.
    static std::mutex handling;
    const std::lock_guard<std::mutex> lock(handling);
    if (!handled.claim(vaulting)) {
        return;
    }
    try {
        handle(vaulting);
    } catch (...) {
        handled.release(vaulting);
        throw;
    }
}

int main(int argc, char **argv) {
    try {
        const antom::Client client = client_from_environment();
        // Antom repeats for up to 24 hours. With several processes: a unique column of your database.
        const antom::ReplayGuard handled(100000, std::chrono::hours(25));

        httplib::Server server;
        server.set_payload_max_length(64 * 1024);
        server.Post(
            "/antom/notify", [&](const httplib::Request &request, httplib::Response &response) {
                std::vector<antom::Header> headers;
                for (const auto &[name, value] : request.headers) {
                    headers.push_back({name, value});
                }
                try {
                    // The path with its query and the body as they came: the signature covers them.
                    handle_once(client.verify_notification(request.method, request.target, headers,
                                                           request.body),
                                handled);
                    response.set_content(std::string(antom::acknowledgement()), "application/json");
                } catch (const antom::UntrustedNotification &error) {
                    say(std::string("refused: ") + error.what());
                    response.status = 400;
                } catch (const std::exception &error) {
                    // Antom sends it again.
                    say(std::string("failed: ") + error.what());
                    response.status = 500;
                }
            });

        const std::string host = "127.0.0.1";
        const int wanted = argc > 1 ? std::stoi(argv[1]) : 9000;
        const int port = wanted == 0                         ? server.bind_to_any_port(host)
                         : server.bind_to_port(host, wanted) ? wanted
                                                             : -1;
        if (port < 0) {
            std::cerr << "port " << wanted << " cannot be used; give another one\n";
            return EXIT_FAILURE;
        }
        say("http://" + host + ':' + std::to_string(port) + "/antom/notify");
        return server.listen_after_bind() ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
