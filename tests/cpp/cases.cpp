// Runs the cases that all languages share; tests/README.md says what they mean.
//
//   cases FILE...                    every case
//   cases --but-timeouts FILE...     for slow tools: without those that set how long a call may take
#include "support.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace {

json settings_of(const json &test) {
    // Settings of which only one may be given.
    static const std::vector<std::set<std::string>> forms = {
        {"private_key", "private_key_base64", "private_key_path"},
        {"antom_public_key", "antom_public_key_base64", "antom_public_key_path"},
        {"ca_certificate", "ca_certificate_path"},
        {"endpoint", "region"},
    };
    json settings = gateway().at("settings");
    const json others = test.value("settings", json::object());
    for (const auto &[name, value] : others.items()) {
        for (const auto &form : forms) {
            if (form.count(name) > 0) {
                for (const std::string &other : form) {
                    settings.erase(other);
                }
            }
        }
        settings.erase(name);
        if (value.is_string() && value.get<std::string>().rfind('@', 0) == 0) {
            settings[name] = gateway().at("values").at(value.get<std::string>().substr(1));
        } else if (!value.is_null()) {
            settings[name] = value;
        }
    }
    return settings;
}

antom::Options options_of(const json &settings) {
    using antom::Options;
    using Text = Options &(Options::*)(const std::string &);
    using Bytes = Options &(Options::*)(std::string_view);
    using Time = Options &(Options::*)(std::chrono::milliseconds);
    static const std::map<std::string, Text> texts = {
        {"client_id", &Options::client_id},
        {"private_key_path", &Options::private_key_path},
        {"passphrase", &Options::private_key_passphrase},
        {"antom_public_key_path", &Options::antom_public_key_path},
        {"endpoint", &Options::endpoint},
        {"region", &Options::region},
        {"key_version", &Options::key_version},
        {"agent_token", &Options::agent_token},
        {"ca_certificate_path", &Options::ca_certificate_path},
        {"proxy", &Options::proxy},
    };
    static const std::map<std::string, Bytes> bytes = {
        {"private_key", &Options::private_key},
        {"antom_public_key", &Options::antom_public_key},
        {"ca_certificate", &Options::ca_certificate},
    };
    static const std::map<std::string, Time> times = {
        {"connect_timeout_ms", &Options::connect_timeout},
        {"timeout_ms", &Options::timeout},
    };
    antom::Options options;
    for (const auto &[name, value] : settings.items()) {
        const std::string stem = name.substr(0, name.rfind("_base64"));
        if (name == "product") {
            options.product(value == "ams" ? antom::Product::ams : antom::Product::apo);
        } else if (texts.count(name) > 0) {
            (options.*texts.at(name))(value.get<std::string>());
        } else if (bytes.count(name) > 0) {
            (options.*bytes.at(name))(value.get<std::string>());
        } else if (name == "max_retries") {
            options.max_retries(value.get<std::uint32_t>());
        } else if (times.count(name) > 0) {
            (options.*times.at(name))(std::chrono::milliseconds(value.get<std::int64_t>()));
        } else {
            (options.*bytes.at(stem))(from_base64(value.get<std::string>()));
        }
    }
    return options;
}

antom::CreateVaultingSession request_of(const json &test) {
    antom::CreateVaultingSession request;
    request.vaulting_request_id = test.at("name").get<std::string>();
    const json fields = test.value("request", json{{"paymentMethodType", "CARD"}});
    for (const auto &[field, value] : fields.items()) {
        std::optional<std::string> text;
        if (value.is_string()) {
            text = value.get<std::string>();
        }
        if (field == "paymentMethodType") {
            request.payment_method_type = text.value();
        } else if (field == "vaultingRequestId") {
            request.vaulting_request_id = text;
        } else if (field == "vaultingNotificationUrl") {
            request.vaulting_notification_url = text;
        } else if (field == "redirectUrl") {
            request.redirect_url = text;
        } else if (field == "passThroughMetadata") {
            request.pass_through_metadata = text;
        } else if (field == "merchantRegion") {
            request.merchant_region = text;
        } else if (field == "is3DSAuthentication") {
            request.is_3ds_authentication = value.get<bool>();
        } else {
            throw Failed("this test does not know the field " + field);
        }
    }
    return request;
}

template <class T>
json or_null(const std::optional<T> &value) {
    return value ? json(*value) : json();
}

// The class and the name of the kind that it stands for.
const char *class_of(const antom::Error &error) {
    static const std::map<std::string, const char *> names = {
        {typeid(antom::InvalidArgument).name(), "InvalidArgument"},
        {typeid(antom::ConfigError).name(), "Config"},
        {typeid(antom::InvalidRequest).name(), "InvalidRequest"},
        {typeid(antom::SigningError).name(), "Signing"},
        {typeid(antom::NotSent).name(), "NotSent"},
        {typeid(antom::OutcomeUnknown).name(), "OutcomeUnknown"},
        {typeid(antom::Closed).name(), "Closed"},
        {typeid(antom::ApiError).name(), "Api"},
        {typeid(antom::UntrustedResponse).name(), "UntrustedResponse"},
        {typeid(antom::ProtocolError).name(), "Protocol"},
        {typeid(antom::UntrustedNotification).name(), "UntrustedNotification"},
        {typeid(antom::InternalError).name(), "Internal"},
    };
    return names.at(typeid(error).name());
}

// What came out, with the names of "expect".
json outcome_of(const json &test, const json &settings) {
    try {
        const antom::Client client(options_of(settings));
        const antom::VaultingSession session = client.create_vaulting_session(request_of(test));
        expect_equal(json::parse(session.raw()).at("vaultingSessionId"), session.id(), "raw");
        return {
            {"kind", "Session"},
            {"request_id", session.request_id()},
            {"session_id", session.id()},
            {"data", session.data()},
            {"expires_at", session.expires_at()},
            {"normal_url", or_null(session.normal_url())},
        };
    } catch (const antom::Error &error) {
        json violations = json::array();
        for (const antom::Violation &violation : error.violations()) {
            violations.push_back(violation.field);
            expect(!violation.problem.empty(), "a violation without a problem");
        }
        const std::string message = error.what();
        expect(!message.empty() && message.find_first_of("\r\n") == std::string::npos,
               "the message is not one line");
        expect(!error.advice().empty(), "there is no advice");
        for (const char *secret :
             {"private_key", "private_key_base64", "passphrase", "agent_token"}) {
            const std::string value = settings.value(secret, "");
            expect(value.size() < 4 || message.find(value) == std::string::npos,
                   std::string("the message holds the ") + secret);
        }
        return {
            {"kind", class_of(error)},
            {"message", message},
            {"advice", error.advice()},
            {"retryable", error.retryable()},
            {"result_code", or_null(error.result_code())},
            {"authenticated", error.authenticated()},
            {"http_status", or_null(error.http_status())},
            {"attempts", error.attempts()},
            {"violations", violations},
            {"request_id", or_null(error.request_id())},
        };
    }
}

void run(const json &test) {
    const json found = outcome_of(test, settings_of(test));
    for (const auto &[name, expected] : test.at("expect").items()) {
        const json actual = found.value(name, json("nothing"));
        if (expected.is_array() && actual.is_string()) {
            for (const json &part : expected) {
                const auto text = actual.get<std::string>();
                expect(text.find(part.get<std::string>()) != std::string::npos,
                       name + " lacks " + part.dump() + ": " + text);
            }
        } else {
            expect_equal(actual, expected, name);
        }
    }
}

bool is_for_cpp(const json &test) {
    const json languages = test.value("languages", json::array({"cpp"}));
    return std::find(languages.begin(), languages.end(), "cpp") != languages.end();
}

} // namespace

int main(int argc, char **argv) {
    Checks checks("cases");
    const bool but_timeouts = argc > 1 && std::string(argv[1]) == "--but-timeouts";
    for (int i = but_timeouts ? 2 : 1; i < argc; i++) {
        const json content = read_json(argv[i]);
        for (const json &test : content.at("cases")) {
            const bool sets_timeout = test.value("settings", json::object()).contains("timeout_ms");
            if (is_for_cpp(test) && !(but_timeouts && sets_timeout)) {
                checks.check(test.at("name"), [&] { run(test); });
            }
        }
    }
    return checks.status();
}
