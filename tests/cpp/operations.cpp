// What stands beside createVaultingSession in C++: inquiries, cards, calls, notifications, callables.
#include "support.hpp"

#include <atomic>
#include <thread>

namespace {

using antom::Client;
using antom::Options;
using antom::Outcome;
using namespace std::chrono_literals;

std::string text(std::optional<std::string_view> view) {
    return std::string(view.value_or("nothing"));
}

antom::VaultingSession create(const Client &client, const std::optional<std::string> &id = {}) {
    antom::CreateVaultingSession request;
    request.payment_method_type = "CARD";
    request.vaulting_request_id = id;
    return client.create_vaulting_session(request);
}

int connection_of(const Client &client) {
    return json::parse(create(client).raw()).at("connection").get<int>();
}

void inquiries(Checks &checks) {
    checks.check("a_vaulting_that_succeeded_has_its_card", [] {
        const antom::Vaulting vaulting =
            Client(gateway_options()).inquire_vaulting("inquiry_succeeded");
        expect(vaulting.outcome() == Outcome::succeeded, "outcome");
        expect_equal(vaulting.request_id(), "inquiry_succeeded", "request id");
        expect_equal(text(vaulting.code()), "SUCCESS", "code");
        expect_equal(text(vaulting.card_token()), "TOKEN+/==", "token");
        expect_equal(text(vaulting.card_brand()), "VISA", "brand");
        expect_equal(text(vaulting.card_last_four()), "0768", "last four");
        expect_equal(text(vaulting.card_expiry_month()), "02", "month");
        expect_equal(text(vaulting.card_expiry_year()), "29", "year");
        expect(!vaulting.next_url() && !vaulting.message(), "what it has not");
        expect_equal(json::parse(vaulting.raw()).at("metadata"), "mine", "raw");
        expect_equal(vaulting.response_time().size(), 25u, "response time");
        expect(vaulting.clock_skew() >= -2s && vaulting.clock_skew() <= 1s, "clock skew");
    });
    checks.check("each_outcome_has_what_belongs_to_it", [] {
        const Client client(gateway_options());
        const antom::Vaulting failed = client.inquire_vaulting("inquiry_failed");
        expect(failed.outcome() == Outcome::failed, "failed");
        expect_equal(text(failed.code()), "CARD_EXPIRED", "code");
        expect_equal(text(failed.message()), "It expired.", "message");
        expect(!failed.card_token(), "token");
        const antom::Vaulting processing = client.inquire_vaulting("inquiry_processing");
        expect(processing.outcome() == Outcome::processing, "processing");
        expect_equal(text(processing.next_url()), "https://bank.example/3ds", "next url");
        const antom::Vaulting paused = client.inquire_vaulting("inquiry_of_a_new_status");
        expect(paused.outcome() == Outcome::unrecognised, "unrecognised");
    });
    checks.check("recovery_tells_what_happened", [] {
        const Client client(gateway_options());
        expect(client.recover("inquiry_succeeded").outcome() == Outcome::succeeded, "known");
        const antom::Vaulting missing = client.recover("inquiry_never_arrived");
        expect(missing.outcome() == Outcome::never_arrived, "never arrived");
        expect_equal(missing.request_id(), "inquiry_never_arrived", "request id");
        expect(missing.raw().empty() && missing.response_time().empty(), "raw");
        const auto error = expect_throw<antom::OutcomeUnknown>(
            [&] { (void)client.recover("inquiry_unavailable"); });
        expect(error.retryable(), "retryable");
        expect_equal(error.http_status().value_or(0), 503, "HTTP status");
        expect_equal(error.attempts(), 3u, "attempts");
    });
    checks.check("a_missing_vaulting_is_an_api_error_to_an_inquiry", [] {
        const Client client(gateway_options());
        const auto error = expect_throw<antom::ApiError>(
            [&] { (void)client.inquire_vaulting("inquiry_never_arrived"); });
        expect_equal(text(error.result_code()), "VAULTING_NOT_EXIST", "code");
        expect_equal(text(error.result_status()), "F", "status");
        expect_equal(text(error.result_message()), "There is no such vaulting.", "message");
        expect(error.authenticated(), "authenticated");
    });
    checks.check("an_account_is_sent_only_where_it_is_given", [] {
        const Client client(gateway_options());
        const auto error = expect_throw<antom::InvalidRequest>(
            [&] { (void)client.inquire_vaulting("inquiry_failed", "mine"); });
        expect_equal(error.violations().at(0).field, "merchantAccountId", "field");
    });
}

std::string card_request(const std::string &id) {
    return json{{"vaultingRequestId", id},
                {"redirectUrl", "https://shop.example/r"},
                {"vaultingNotificationUrl", "https://shop.example/n"},
                {"paymentMethodDetail",
                 {{"paymentMethodType", "CARD"}, {"card", {{"cardNo", "4054695723100768"}}}}},
                {"env", {{"terminalType", "WEB"}}}}
        .dump();
}

void calls(Checks &checks) {
    checks.check("a_card_is_vaulted", [] {
        const Client client(gateway_options());
        const antom::Vaulting vaulting = client.vault_payment_method(card_request("card_vaulted"));
        expect(vaulting.outcome() == Outcome::succeeded, "outcome");
        expect_equal(text(vaulting.card_token()), "TOKEN+/==", "token");
        expect_throw<antom::OutcomeUnknown>(
            [&] { (void)client.vault_payment_method(card_request("card_unavailable")); });
        expect_throw<antom::InvalidArgument>([&] { (void)client.vault_payment_method("[]"); });
        expect_throw<antom::InvalidArgument>([&] { (void)client.vault_payment_method({}); });
    });
    checks.check("a_call_gives_the_verified_answer", [] {
        const Client client(gateway_options());
        const auto call = [&](const std::string &id, antom::Repeat repeat) {
            const std::string body = json{{"vaultingRequestId", id}}.dump();
            return client.call("/ams/api/v1/vaults/fetchNonce", body, repeat);
        };
        const antom::Answer answer = call("call_succeeded", antom::Repeat::only_if_not_sent);
        expect_equal(json::parse(answer.json()).at("nonce"), "Zo\xc3\xab", "nonce");
        expect_equal(answer.response_time().size(), 25u, "response time");
        (void)call("call_tried_again", antom::Repeat::harmless);
        const auto error = expect_throw<antom::OutcomeUnknown>(
            [&] { (void)call("call_unavailable", antom::Repeat::only_if_not_sent); });
        expect_equal(error.attempts(), 1u, "attempts");
        expect_throw<antom::UntrustedResponse>(
            [&] { (void)call("call_untrusted", antom::Repeat::harmless); });
    });
    checks.check("limits_share_the_connection_and_outlive_the_client", [] {
        std::optional<Client> client(std::in_place, gateway_options());
        const int connection = connection_of(*client);
        const Client limited = client->with_limits(5s, 0);
        client.reset();
        expect_equal(connection_of(limited), connection, "connection");
        const auto error = expect_throw<antom::OutcomeUnknown>(
            [&] { (void)limited.inquire_vaulting("inquiry_unavailable"); });
        expect_equal(error.attempts(), 1u, "attempts");
        expect_throw<antom::InvalidArgument>([&] { (void)limited.with_limits(0ms, 0); });
        expect_throw<antom::InvalidArgument>([&] { (void)limited.with_limits(-1ms, 0); });
    });
    checks.check("an_old_answer_is_refused_where_the_options_say_so", [] {
        const Client client(gateway_options().max_response_age(60s));
        expect_throw<antom::UntrustedResponse>(
            [&] { (void)client.inquire_vaulting("inquiry_of_long_ago"); });
        expect_throw<antom::InvalidArgument>([] { gateway_options().max_response_age(-1s); });
    });
    checks.check("shared_clients_share_their_connection", [] {
        const auto task = [](std::chrono::milliseconds timeout) {
            return connection_of(Client(gateway_options().shared(true).timeout(timeout)));
        };
        expect_equal(task(20s), task(20s), "the same options");
        expect(task(20s) != task(21s), "other options");
    });
    checks.check("a_session_says_when_it_was_answered", [] {
        const antom::VaultingSession session = create(Client(gateway_options()));
        expect_equal(session.response_time().size(), 25u, "response time");
        expect(session.clock_skew() >= -2s && session.clock_skew() <= 1s, "clock skew");
    });
}

// ---- notifications ------------------------------------------------------------------------------

std::string key(const std::string &owner, const std::string &form) {
    static const json content = read_json("tests/vectors/signatures.json");
    return content.at("keys").at(owner).at(form).get<std::string>();
}

// A client that reaches nobody.
Client offline(const std::string &own, const std::string &antom, const std::string &client_id) {
    return Client(Options()
                      .client_id(client_id)
                      .private_key(key(own, "private_pkcs8_der_b64"))
                      .antom_public_key(key(antom, "public_spki_der_b64"))
                      .endpoint("http://127.0.0.1:1"));
}

const std::string client_id = "SANDBOX_5X00000000000000";

void notifications(Checks &checks) {
    const auto merchant = std::make_shared<Client>(offline("merchant", "gateway", client_id));
    const auto signer = std::make_shared<Client>(offline("gateway", "merchant", client_id));
    const std::string body =
        json{{"result", {{"resultStatus", "F"}, {"resultCode", "CARD_EXPIRED"}}},
             {"vaultingRequestId", "1"}}
            .dump();
    const std::string now = std::to_string(std::time(nullptr)) + "000";
    const auto headers = [=](const std::string &time) {
        return std::vector<antom::Header>{{"Client-Id", client_id},
                                          {"Request-Time", time},
                                          {"Signature", signer->sign("POST", "/n", time, body)}};
    };
    checks.check("a_notification_is_verified_and_read", [=] {
        const antom::Vaulting event =
            merchant->verify_notification("POST", "/n", headers(now), body, 60s);
        expect(event.outcome() == Outcome::failed, "outcome");
        expect_equal(text(event.code()), "CARD_EXPIRED", "code");
        expect_equal(event.raw(), body, "raw");
        expect(event.response_time().empty() && event.clock_skew() == 0s, "time");
        expect_equal(json::parse(antom::acknowledgement()).at("result").at("resultStatus"), "S",
                     "acknowledgement");
    });
    checks.check("a_notification_that_is_not_right_is_untrusted", [=] {
        const auto refused = [&](const std::vector<antom::Header> &list, const std::string &what,
                                 std::chrono::seconds tolerance) {
            expect_throw<antom::UntrustedNotification>(
                [&] { (void)merchant->verify_notification("POST", "/n", list, what, tolerance); });
        };
        refused({}, body, 0s);
        refused(headers(now), body + " ", 0s);
        refused(headers("1755403200123"), body, 60s);
        std::vector<antom::Header> twice = headers(now);
        twice.push_back(twice.back());
        refused(twice, body, 0s);
        expect_throw<antom::InvalidArgument>(
            [&] { (void)merchant->verify_notification("POST", "/n", {}, body, -1s); });
        expect_throw<antom::InvalidArgument>([&] {
            (void)merchant->verify_notification("POST", "/n", {{"a", std::string("\0", 1)}}, body);
        });
    });
    checks.check("a_repetition_is_known_until_it_is_released", [=] {
        antom::ReplayGuard first(10, 24h);
        const antom::ReplayGuard guard = std::move(first);
        const antom::Vaulting event =
            merchant->verify_notification("POST", "/n", headers(now), body);
        expect(guard.claim(event), "the first");
        expect(!guard.claim(event), "a repetition");
        guard.release(event);
        expect(guard.claim(event), "after it was released");
        expect(!first.claim(event), "a guard that was moved from");
        expect_throw<antom::InvalidArgument>([] { antom::ReplayGuard(1, -1s); });
    });
}

// ---- callables ----------------------------------------------------------------------------------

// Signs with the merchant's key, through a client of another program's, as it were.
std::string sign(std::string_view content, std::string_view sha256) {
    expect_equal(sha256.size(), 32u, "digest");
    const std::string all(content);
    const std::size_t path = all.find(' ') + 1, id = all.find('\n') + 1;
    const std::size_t time = all.find('.') + 1, body = all.find('.', time) + 1;
    const auto part = [&](std::size_t start, std::size_t next) {
        return all.substr(start, next - 1 - start);
    };
    const Client other = offline("merchant", "stranger", part(id, time));
    const std::string header =
        other.sign(part(0, path), part(path, id), part(time, body), all.substr(body));
    const std::string encoded = header.substr(header.find("signature=") + 10);
    std::string base64;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        if (encoded[i] == '%') {
            base64.push_back(static_cast<char>(std::stoi(encoded.substr(i + 1, 2), nullptr, 16)));
            i += 2;
        } else {
            base64.push_back(encoded[i]);
        }
    }
    return from_base64(base64);
}

void signers(Checks &checks) {
    checks.check("a_callable_signs_as_long_as_its_client_lives", [] {
        const auto calls = std::make_shared<int>(0);
        std::optional<Client> client;
        {
            Options options = keyless_gateway_options();
            options.signer([calls](std::string_view content, std::string_view sha256) {
                ++*calls;
                return sign(content, sha256);
            });
            options.signer_public_key(key("merchant", "public_spki_der_b64"));
            client.emplace(options);
        }
        expect_equal(*calls, 1, "calls to make the client");
        (void)create(*client, "http_503_is_tried_again");
        expect_equal(*calls, 3, "calls with two attempts");
        const Client limited = client->with_limits(5s, 0);
        client.reset();
        (void)create(limited);
        expect_equal(*calls, 4, "calls of the limited client");
        expect(calls.use_count() > 1, "the callable lives");
    });
    checks.check("the_callable_goes_with_the_last_client", [] {
        const auto witness = std::make_shared<int>(0);
        {
            const Client client(keyless_gateway_options().signer(
                [witness](auto content, auto sha256) { return sign(content, sha256); }));
            const Client limited = client.with_limits(5s, 0);
            expect(witness.use_count() > 1, "it lives");
        }
        expect_equal(witness.use_count(), 1, "use count");
    });
    checks.check("an_exception_in_a_signer_is_a_signing_error", [] {
        const auto fails_with = [](const std::function<std::string()> &body) {
            const Client client(keyless_gateway_options().signer(
                [body](std::string_view, std::string_view) { return body(); }));
            expect_throw<antom::SigningError>([&] { (void)create(client); });
            expect_throw<antom::SigningError>([&] { (void)client.sign("POST", "/", "1", ""); });
        };
        fails_with([]() -> std::string { throw std::runtime_error("the HSM is off"); });
        fails_with([]() -> std::string { throw 7; });
        fails_with([] { return std::string(); });
        fails_with([] { return std::string(100000, 'x'); });
    });
    checks.check("what_a_signer_threw_is_nested_in_the_error", [] {
        const Client client(keyless_gateway_options().signer(
            [](auto, auto) -> std::string { throw std::runtime_error("the HSM is off"); }));
        try {
            (void)create(client);
        } catch (const antom::SigningError &thrown) {
            try {
                std::rethrow_if_nested(thrown);
            } catch (const std::runtime_error &cause) {
                expect_equal(std::string(cause.what()), "the HSM is off", "the cause");
                return;
            }
        }
        throw Failed("there is no cause");
    });
    checks.check("rubbish_of_a_signer_is_found_out", [] {
        Options options = keyless_gateway_options();
        options.signer([](auto, auto) { return std::string(256, 'x'); });
        const auto error = expect_throw<antom::ApiError>([&] { (void)create(Client(options)); });
        expect_equal(text(error.result_code()), "INVALID_SIGNATURE", "code");
        options.signer_public_key(key("merchant", "public_spki_der_b64"));
        expect_throw<antom::ConfigError>([&] { const Client none(options); });
        expect_throw<antom::InvalidArgument>([&] { options.signer(antom::Signer()); });
    });
    checks.check("a_client_keeps_its_signer_when_the_options_change", [] {
        Options options = keyless_gateway_options();
        options.signer(sign);
        const Client first(options);
        options.signer([](auto, auto) -> std::string { throw 7; });
        const Client second(options);
        (void)create(first);
        expect_throw<antom::SigningError>([&] { (void)create(second); });
        (void)create(first);
    });
    checks.check("a_callable_cannot_be_shared", [] {
        Options options = keyless_gateway_options();
        options.signer(sign).shared(true);
        expect_throw<antom::InvalidArgument>([&] { const Client none(options); });
    });
}

void observers(Checks &checks) {
    checks.check("a_callable_is_told_what_happens", [] {
        std::vector<std::string> told;
        const Client client(gateway_options().observer([&](const antom_event &event) {
            std::ostringstream line;
            line << event.kind << ' ' << event.request_id << ' ' << event.attempts << ' '
                 << event.status;
            told.push_back(line.str());
        }));
        const std::string id = "http_503_is_tried_again";
        (void)create(client, id);
        const std::vector<std::string> expected = {"1 " + id + " 0 0", "2 " + id + " 1 11",
                                                   "2 " + id + " 2 0", "3 " + id + " 2 0"};
        expect(told == expected, "events");
    });
    checks.check("an_exception_in_an_observer_is_dropped", [] {
        int told = 0;
        const Client client(gateway_options().observer([&](const antom_event &) {
            ++told;
            throw std::runtime_error("nobody sees this");
        }));
        (void)create(client);
        expect_equal(told, 3, "events");
    });
    checks.check("a_client_keeps_its_observer_when_the_options_change", [] {
        int first_told = 0, second_told = 0;
        Options options = gateway_options();
        options.observer([&](const antom_event &) { ++first_told; });
        const Client first(options);
        options.observer([&](const antom_event &) { ++second_told; });
        const Client second(options);
        options.observer({});
        const Client third(options);
        (void)create(first);
        expect(first_told == 3 && second_told == 0, "the first");
        (void)create(second);
        (void)create(third);
        expect(first_told == 3 && second_told == 3, "the second");
    });
    checks.check("an_observer_serves_many_threads", [] {
        std::atomic<int> told = 0, good = 0;
        const Client client(gateway_options().observer([&](const antom_event &) { ++told; }));
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int call = 0; call < 5; ++call) {
                    good += !create(client).id().empty();
                }
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
        expect_equal(good.load(), 40, "calls");
        expect_equal(told.load(), 120, "events");
    });
}

} // namespace

int main() {
    Checks checks("operations");
    inquiries(checks);
    calls(checks);
    notifications(checks);
    signers(checks);
    observers(checks);
    return checks.status();
}
