// What the C++ tests share: results, files, base64, and the gateway's settings.
#ifndef SUPPORT_HPP
#define SUPPORT_HPP

#include <antom.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

using nlohmann::json;

// Thrown by what a check expects in vain.
struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class Found, class Expected>
void expect_equal(const Found &found, const Expected &expected, const std::string &what) {
    if (!(found == expected)) {
        std::ostringstream text;
        text << what << ": expected " << expected << ", found " << found;
        throw Failed(text.str());
    }
}

inline void expect(bool condition, const std::string &what) {
    if (!condition) {
        throw Failed(what);
    }
}

// Runs `body`, which must throw exactly `Expected`, and gives its exception.
template <class Expected>
Expected expect_throw(const std::function<void()> &body) {
    try {
        body();
    } catch (const antom::Error &error) {
        const auto *expected = dynamic_cast<const Expected *>(&error);
        const bool has_cause = dynamic_cast<const std::nested_exception *>(&error) != nullptr;
        expect(expected != nullptr && (has_cause || typeid(error) == typeid(Expected)),
               std::string("another class of exception: ") + error.what());
        return *expected;
    }
    throw Failed("no exception");
}

// Counts checks and prints one line for each.
class Checks {
public:
    explicit Checks(std::string group) : group_(std::move(group)) {}

    void check(const std::string &name, const std::function<void()> &body) {
        std::string problem;
        try {
            body();
        } catch (const std::exception &exception) {
            problem = exception.what();
        }
        if (!problem.empty()) {
            std::cout << "   " << problem << '\n';
            ++failures_;
        }
        std::cout << (problem.empty() ? "ok " : "FAIL ") << group_ << '/' << name << std::endl;
    }

    int status() const { return failures_ == 0 ? EXIT_SUCCESS : EXIT_FAILURE; }

private:
    std::string group_;
    int failures_ = 0;
};

inline json read_json(const std::string &path) {
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot open " + path);
    }
    return json::parse(file);
}

inline std::string from_base64(const std::string &text) {
    static const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned buffer = 0;
    int bits = 0;
    for (const char digit : text.substr(0, text.find('='))) {
        buffer = (buffer << 6 | static_cast<unsigned>(digits.find(digit))) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<char>(buffer >> bits & 0xff));
        }
    }
    return bytes;
}

// The line of JSON that the test gateway printed.
inline const json &gateway() {
    static const json line = [] {
        const char *file = std::getenv("ANTOM_TEST_GATEWAY");
        if (file == nullptr) {
            throw std::runtime_error(
                "ANTOM_TEST_GATEWAY is not set: start this through tests/cpp/run");
        }
        return read_json(file);
    }();
    return line;
}

inline std::string setting(const std::string &name) {
    return gateway().at("settings").at(name).get<std::string>();
}

// Options with the test gateway's settings, but for the private key.
inline antom::Options keyless_gateway_options() {
    antom::Options options;
    options.client_id(setting("client_id"))
        .antom_public_key_path(setting("antom_public_key_path"))
        .ca_certificate_path(setting("ca_certificate_path"))
        .endpoint(setting("endpoint"));
    return options;
}

inline antom::Options gateway_options() {
    antom::Options options = keyless_gateway_options();
    options.private_key_path(setting("private_key_path"));
    return options;
}

#endif // SUPPORT_HPP
