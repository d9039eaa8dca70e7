// What antom.hpp adds to antom.h: ownership, exceptions, and text that C cannot hold. No network.
#include "support.hpp"

#include <filesystem>
#include <type_traits>

namespace {

using antom::Client;
using antom::Options;
using antom::VaultingSession;
using namespace std::chrono_literals;

template <class T>
constexpr bool is_move_only =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

static_assert(is_move_only<Client> && sizeof(Client) == sizeof(void *));
static_assert(is_move_only<Options> && is_move_only<antom::ReplayGuard>);
static_assert(is_move_only<VaultingSession> && sizeof(VaultingSession) == sizeof(void *));
static_assert(is_move_only<antom::Vaulting> && sizeof(antom::Vaulting) == sizeof(void *));
static_assert(is_move_only<antom::Answer> && sizeof(antom::Answer) == sizeof(void *));
static_assert(is_move_only<antom::Diagnosis> && sizeof(antom::Diagnosis) == sizeof(void *));
static_assert(std::is_aggregate_v<antom::CreateVaultingSession>);
static_assert(std::is_nothrow_copy_constructible_v<antom::NotSent>);

const std::string client_id = "SANDBOX_5X00000000000000";

const json &vectors() {
    static const json content = read_json("tests/vectors/signatures.json");
    return content;
}

std::string key(const std::string &owner, const std::string &form) {
    return vectors().at("keys").at(owner).at(form).get<std::string>();
}

Options options(const std::string &own = "merchant", const std::string &antom = "gateway") {
    Options options;
    options.client_id(client_id)
        .private_key(key(own, "private_pkcs8_der_b64"))
        .antom_public_key(from_base64(key(antom, "public_spki_der_b64")))
        .endpoint("http://127.0.0.1:1");
    return options;
}

void errors(Checks &checks) {
    checks.check("a_copy_of_an_error_outlives_the_client", [] {
        std::optional<antom::InvalidRequest> error;
        {
            const Client client(options());
            error = expect_throw<antom::InvalidRequest>(
                [&] { (void)client.create_vaulting_session({}); });
        }
        const antom::InvalidRequest copy = *error;
        error.reset();
        expect_equal(copy.kind(), +ANTOM_ERR_INVALID_REQUEST, "kind");
        expect(copy.advice().find("Correct") == 0, "advice");
        expect_equal(copy.violations().at(0).field, "paymentMethodType", "field");
        expect(copy.request_id().has_value(), "request id");
        expect(!copy.http_status() && !copy.result_code() && !copy.result_message(), "answer");
    });
    checks.check("every_kind_has_a_class", [] {
        using antom::detail::raise;
        const std::string text = "text";
        expect_throw<antom::InvalidArgument>([&] { raise(1, text); });
        expect_throw<antom::ConfigError>([&] { raise(2, text); });
        expect_throw<antom::InvalidRequest>([&] { raise(3, text); });
        expect_throw<antom::SigningError>([&] { raise(4, text); });
        expect_throw<antom::NotSent>([&] { raise(10, text); });
        expect_throw<antom::OutcomeUnknown>([&] { raise(11, text); });
        expect_throw<antom::Closed>([&] { raise(12, text); });
        expect_throw<antom::ApiError>([&] { raise(20, text); });
        expect_throw<antom::UntrustedResponse>([&] { raise(21, text); });
        expect_throw<antom::ProtocolError>([&] { raise(22, text); });
        expect_throw<antom::UntrustedNotification>([&] { raise(30, text); });
        expect_throw<antom::InternalError>([&] { raise(99, text); });
    });
    checks.check("a_kind_of_a_newer_library_is_an_error", [] {
        const auto error =
            expect_throw<antom::Error>([] { antom::detail::raise(98, std::string("text")); });
        expect_equal(error.kind(), 98, "kind");
        expect_equal(std::string(error.what()), "text", "message");
    });
}

void settings(Checks &checks) {
    checks.check("text_with_a_nul_is_refused", [] {
        const std::string cut("https://gateway.example\0.evil.example", 37);
        expect_throw<antom::InvalidArgument>([&] { options().endpoint(cut); });
        const Client client(options());
        antom::CreateVaultingSession request;
        request.payment_method_type = std::string("CARD\0", 5);
        expect_throw<antom::InvalidArgument>(
            [&] { (void)client.create_vaulting_session(request); });
        request.payment_method_type = "CARD";
        request.redirect_url = cut;
        expect_throw<antom::InvalidArgument>(
            [&] { (void)client.create_vaulting_session(request); });
        expect_throw<antom::InvalidArgument>([&] { (void)client.sign("POST", cut, "1", ""); });
    });
    checks.check("text_that_is_not_utf8_is_refused", [] {
        const auto error =
            expect_throw<antom::InvalidArgument>([] { options().proxy("http://caf\xe9"); });
        expect(std::string(error.what()).find("proxy") == 0, "the message names the setting");
    });
    checks.check("unknown_names_are_refused", [] {
        expect_throw<antom::InvalidArgument>([] { options().region("mars"); });
        expect_throw<antom::InvalidArgument>([] { options().product(antom::Product(7)); });
    });
    checks.check("timeouts_are_any_duration_in_range", [] {
        const Client client(options().timeout(1h).connect_timeout(2s));
        expect_throw<antom::InvalidArgument>([] { options().timeout(-1ms); });
        expect_throw<antom::InvalidArgument>([] { options().connect_timeout(1200h); });
        expect_throw<antom::ConfigError>([] { const Client none(options().timeout(0ms)); });
    });
    checks.check("a_path_may_be_a_filesystem_path", [] {
        const auto path = std::filesystem::path("/nothing") / "key.pem";
        const auto error = expect_throw<antom::ConfigError>(
            [&] { const Client none(options().private_key_path(path)); });
        expect(std::string(error.what()).find("/nothing/key.pem") != std::string::npos, "path");
    });
    checks.check("an_empty_view_is_an_empty_key", [] {
        expect_throw<antom::ConfigError>(
            [] { const Client none(options().private_key(std::string_view())); });
    });
}

void signatures(Checks &checks) {
    for (const json &test : vectors().at("cases")) {
        const std::string name = test.at("name");
        const std::string signer = test.at("signer");
        const std::string other = signer == "merchant" ? "gateway" : "merchant";
        const std::string method = test.at("method"), path = test.at("path");
        const std::string time = test.at("time"), body = test.at("body");
        const std::string header = test.at("header_value_sdk_style");
        const std::string id = test.at("client_id");
        checks.check(name + "/is_signed_as_the_vendor_signs", [&] {
            const Client client(options(signer, other).client_id(id));
            expect_equal(client.sign(method, path, time, body), header, "header");
        });
        checks.check(name + "/every_written_form_verifies", [&] {
            const Client client(options(other, signer).client_id(id));
            const std::string begin = "algorithm=RSA256,keyVersion=1,signature=";
            for (const std::string &form : {
                     header,
                     test.at("header_value_docs_style").get<std::string>(),
                     begin + test.at("signature_urlencoded_lowercase_hex").get<std::string>(),
                     begin + test.at("signature_base64").get<std::string>(),
                 }) {
                client.verify(method, path, time, body, form);
            }
        });
        checks.check(name + "/any_other_value_is_refused", [&] {
            const Client client(options(other, signer).client_id(id));
            const auto refused = [&](auto &&...parts) {
                expect_throw<antom::UntrustedResponse>([&] { client.verify(parts...); });
            };
            refused("GET", path, time, body, header);
            refused(method, path + "/", time, body, header);
            refused(method, path, time + "0", body, header);
            refused(method, path, time, body + " ", header);
            refused(method, path, time, body, "");
        });
    }
    checks.check("the_doctor_says_why_a_signature_does_not_verify", [] {
        using antom::Sender;
        const Client merchant(options("merchant", "gateway"));
        const std::string path = "/ams/api/v1/x", body("a\0b", 3);
        const std::string header = merchant.sign("POST", path, "1", body);
        const auto cause = [&](Sender sender, const std::string &called) {
            const antom::Diagnosis diagnosis =
                merchant.diagnose(sender, "POST", called, client_id, "1", body, header);
            expect_equal(diagnosis.string_to_sign(),
                         "POST " + called + "\n" + client_id + ".1." + body, "string to sign");
            expect_equal(diagnosis.what().empty(), !diagnosis.cause(), "what");
            expect_equal(diagnosis.fix().empty(), !diagnosis.cause(), "fix");
            return std::string(diagnosis.cause().value_or("none"));
        };
        expect_equal(cause(Sender::merchant, path), "none", "right");
        expect_equal(cause(Sender::merchant, "/ams/sandbox/api/v1/x"), "path_sandbox", "path");
        expect_equal(cause(Sender::antom, path), "other_key", "sender");
    });
    checks.check("a_body_may_hold_nul_and_be_empty", [] {
        const Client signer(options("merchant", "gateway"));
        const Client verifier(options("gateway", "merchant"));
        for (const std::string &body :
             {std::string(), std::string("\0", 1), std::string("a\0b", 3)}) {
            const std::string header = signer.sign("POST", "/", "1", body);
            verifier.verify("POST", "/", "1", body, header);
        }
        verifier.verify("POST", "/", "1", {}, signer.sign("POST", "/", "1", {}));
    });
}

void clients(Checks &checks) {
    checks.check("a_client_is_moved", [] {
        Client first(options());
        Client second = std::move(first);
        first = Client(options());
        expect_equal(second.sign("POST", "/", "1", "").size(),
                     first.sign("POST", "/", "1", "").size(), "size");
    });
    checks.check("a_closed_client_refuses_calls", [] {
        const Client client(options());
        client.close();
        antom::CreateVaultingSession request;
        request.payment_method_type = "CARD";
        expect_throw<antom::Closed>([&] { (void)client.create_vaulting_session(request); });
    });
    checks.check("a_client_that_was_moved_from_is_refused", [] {
        Client first(options());
        const Client second = std::move(first);
        expect_throw<antom::InvalidArgument>([&] { (void)first.sign("POST", "/", "1", ""); });
        expect_throw<antom::InvalidArgument>([&] { (void)first.with_limits(1s, 0); });
        expect_throw<antom::InvalidArgument>([&] { (void)first.recover("1"); });
        first.close();
    });
    checks.check("options_that_were_moved_from_are_refused", [] {
        Options first = options();
        const Options second = std::move(first);
        expect_throw<antom::InvalidArgument>([&] { const Client none(first); });
        expect_throw<antom::InvalidArgument>([&] { first.client_id("x"); });
        expect_throw<antom::InvalidArgument>([&] { first.observer([](const antom_event &) {}); });
        const Client client(second);
    });
    checks.check("results_that_were_moved_from_are_empty", [] {
        const Client client(options());
        antom::Diagnosis first =
            client.diagnose(antom::Sender::antom, "POST", "/", client_id, "1", "", "");
        const antom::Diagnosis second = std::move(first);
        expect(!first.cause() && first.what().empty() && first.string_to_sign().empty(), "first");
        expect(second.cause().has_value(), "second");
    });
}

} // namespace

int main() {
    Checks checks("values");
    errors(checks);
    settings(checks);
    signatures(checks);
    clients(checks);
    return checks.status();
}
