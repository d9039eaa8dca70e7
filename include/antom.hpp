// antom.hpp - libantom for C++17 and later: values and exceptions over antom.h.
//
// Header only, so that no C++ ABI passes between your program and the library. What a function
// means, its limits and its defaults stand at the C function of the same name in antom.h.
//
//   antom::Client client(antom::Options()
//                            .client_id("SANDBOX_5X00000000000000")
//                            .private_key_path("merchant_private.pem")
//                            .antom_public_key_path("antom_public.pem")
//                            .region("asia"));
//   antom::CreateVaultingSession request;
//   request.payment_method_type = "CARD";
//   antom::VaultingSession session = client.create_vaulting_session(request);
//
// Every failure is an exception derived from antom::Error, one class for each antom_code. Objects
// are moved, not copied; one that was moved from may only be destroyed or assigned to.
#ifndef ANTOM_HPP
#define ANTOM_HPP

#include "antom.h"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace antom {

// A field of a request that breaks Antom's rules.
struct Violation {
    std::string field;
    std::string problem;
};

// Why a call failed. what() is one line: what happened and what to do. Views are valid as long as
// the exception or a copy of it.
class Error : public std::runtime_error {
public:
    // For this header: adopts what the library says about a failure.
    Error(antom_status kind, std::shared_ptr<const antom_error> error)
        : std::runtime_error(antom_error_message(error.get())), kind_(kind),
          error_(std::move(error)) {}
    // For failures that have no error object.
    Error(antom_status kind, const std::string &message)
        : std::runtime_error(message), kind_(kind) {}

    // A value of enum antom_code.
    antom_status kind() const noexcept { return kind_; }
    std::string_view advice() const noexcept { return antom_error_advice(get()); }
    bool retryable() const noexcept { return antom_error_retryable(get()) != 0; }
    std::optional<std::string_view> result_code() const noexcept {
        return optional(antom_error_result_code(get()));
    }
    std::optional<std::string_view> result_status() const noexcept {
        return optional(antom_error_result_status(get()));
    }
    std::optional<std::string_view> result_message() const noexcept {
        return optional(antom_error_result_message(get()));
    }
    bool authenticated() const noexcept { return antom_error_authenticated(get()) != 0; }
    std::optional<int> http_status() const noexcept {
        const int status = antom_error_http_status(get());
        return status == 0 ? std::nullopt : std::optional<int>(status);
    }
    std::uint32_t attempts() const noexcept { return antom_error_attempts(get()); }
    std::optional<std::string_view> request_id() const noexcept {
        return optional(antom_error_request_id(get()));
    }
    std::vector<Violation> violations() const {
        std::vector<Violation> all;
        for (std::size_t i = 0; i < antom_error_violation_count(get()); ++i) {
            all.push_back(
                {antom_error_violation_field(get(), i), antom_error_violation_problem(get(), i)});
        }
        return all;
    }

private:
    static std::optional<std::string_view> optional(const char *text) noexcept {
        return text == nullptr ? std::nullopt : std::optional<std::string_view>(text);
    }
    const antom_error *get() const noexcept { return error_.get(); }

    antom_status kind_;
    std::shared_ptr<const antom_error> error_;
};

// clang-format off
class InvalidArgument : public Error { using Error::Error; };
class ConfigError : public Error { using Error::Error; };
class InvalidRequest : public Error { using Error::Error; };
class SigningError : public Error { using Error::Error; };
class NotSent : public Error { using Error::Error; };
class OutcomeUnknown : public Error { using Error::Error; };
class Closed : public Error { using Error::Error; };
class ApiError : public Error { using Error::Error; };
class UntrustedResponse : public Error { using Error::Error; };
class ProtocolError : public Error { using Error::Error; };
class UntrustedNotification : public Error { using Error::Error; };
class InternalError : public Error { using Error::Error; };
// clang-format on

namespace detail {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T *object) const noexcept {
        Free(object);
    }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

template <class Cause>
[[noreturn]] void raise(antom_status status, Cause cause) {
    switch (status) {
    case ANTOM_ERR_INVALID_ARGUMENT:
        throw InvalidArgument(status, std::move(cause));
    case ANTOM_ERR_CONFIG:
        throw ConfigError(status, std::move(cause));
    case ANTOM_ERR_INVALID_REQUEST:
        throw InvalidRequest(status, std::move(cause));
    case ANTOM_ERR_SIGNING:
        throw SigningError(status, std::move(cause));
    case ANTOM_ERR_NOT_SENT:
        throw NotSent(status, std::move(cause));
    case ANTOM_ERR_OUTCOME_UNKNOWN:
        throw OutcomeUnknown(status, std::move(cause));
    case ANTOM_ERR_CLOSED:
        throw Closed(status, std::move(cause));
    case ANTOM_ERR_API:
        throw ApiError(status, std::move(cause));
    case ANTOM_ERR_UNTRUSTED_RESPONSE:
        throw UntrustedResponse(status, std::move(cause));
    case ANTOM_ERR_PROTOCOL:
        throw ProtocolError(status, std::move(cause));
    case ANTOM_ERR_UNTRUSTED_NOTIFICATION:
        throw UntrustedNotification(status, std::move(cause));
    case ANTOM_ERR_INTERNAL:
        throw InternalError(status, std::move(cause));
    default: // of a library that is newer than this header
        throw Error(status, std::move(cause));
    }
}

// What a signer threw in the call that runs on this thread.
inline std::exception_ptr &thrown() noexcept {
    thread_local std::exception_ptr last;
    return last;
}

// Take the status in a statement of its own: in check(antom_x(..., &error), error) the compiler may
// read error before the call.
inline void check(antom_status status, antom_error *error) {
    const std::exception_ptr cause = std::exchange(thrown(), nullptr);
    if (status == ANTOM_OK) {
        return;
    }
    std::shared_ptr<const antom_error> owner(error, antom_error_free);
    if (status == ANTOM_ERR_SIGNING && cause) {
        try {
            std::rethrow_exception(cause);
        } catch (...) {
            std::throw_with_nested(SigningError(status, std::move(owner)));
        }
    }
    raise(status, std::move(owner));
}

[[noreturn]] inline void invalid(const char *name, const char *problem) {
    throw InvalidArgument(ANTOM_ERR_INVALID_ARGUMENT, std::string(name) + ": " + problem);
}

// C text ends at the first NUL: what would be cut off there is refused.
inline const char *c_text(const char *name, const std::string &text) {
    if (text.find('\0') != std::string::npos) {
        invalid(name, "it holds a NUL character");
    }
    return text.c_str();
}
inline const char *c_text(const char *name, const std::optional<std::string> &text) {
    return text ? c_text(name, *text) : nullptr;
}

inline std::uint32_t milliseconds(const char *name, std::chrono::milliseconds time) {
    if (time.count() < 0 || time.count() > std::numeric_limits<std::uint32_t>::max()) {
        invalid(name, "it is negative or longer than 49 days");
    }
    return static_cast<std::uint32_t>(time.count());
}

} // namespace detail

// Signs content outside of this library: in a KMS or an HSM. sha256 is its digest, 32 bytes. Returns
// the signature (RSASSA-PKCS1-v1_5 with SHA-256). An exception becomes a SigningError, in which it is
// nested: std::rethrow_if_nested. May be called from several threads at once.
using Signer = std::function<std::string(std::string_view content, std::string_view sha256)>;

// Is told what happens in a call, on the calling thread. Exceptions in it are dropped. May be called
// from several threads at once.
using Observer = std::function<void(const antom_event &event)>;

namespace detail {

// What a client calls back: as long as it lives.
struct Callbacks {
    Signer signer;
    Observer observer;

    static std::size_t sign(void *context, const char *content, std::size_t content_len,
                            const std::uint8_t *sha256, std::uint8_t *signature,
                            std::size_t signature_size) noexcept {
        try {
            const std::string made = static_cast<Callbacks *>(context)->signer(
                {content, content_len}, {reinterpret_cast<const char *>(sha256), 32});
            if (made.size() > signature_size) {
                return 0;
            }
            std::memcpy(signature, made.data(), made.size());
            return made.size();
        } catch (...) {
            thrown() = std::current_exception();
            return 0;
        }
    }
    static void observe(void *context, const antom_event *event) noexcept {
        try {
            static_cast<Callbacks *>(context)->observer(*event);
        } catch (...) {
        }
    }
};

} // namespace detail

enum class Product : std::int32_t { apo = ANTOM_PRODUCT_APO, ams = ANTOM_PRODUCT_AMS };

// The settings of a client. Paths may also be given as std::filesystem::path.
class Options {
public:
    Options() : handle_(antom_options_new()) {
        if (handle_ == nullptr) {
            throw std::bad_alloc();
        }
    }

    Options &client_id(const std::string &text) {
        return set(antom_options_set_client_id, "client_id", text);
    }
    Options &private_key(std::string_view key) {
        return set(antom_options_set_private_key, "private_key", key);
    }
    Options &private_key_path(const std::string &path) {
        return set(antom_options_set_private_key_path, "private_key_path", path);
    }
    Options &private_key_passphrase(const std::string &text) {
        return set(antom_options_set_private_key_passphrase, "private_key_passphrase", text);
    }
    Options &antom_public_key(std::string_view key) {
        return set(antom_options_set_antom_public_key, "antom_public_key", key);
    }
    Options &antom_public_key_path(const std::string &path) {
        return set(antom_options_set_antom_public_key_path, "antom_public_key_path", path);
    }
    Options &endpoint(const std::string &url) {
        return set(antom_options_set_endpoint, "endpoint", url);
    }
    Options &region(const std::string &name) {
        return set(antom_options_set_region, "region", name);
    }
    Options &product(Product product) {
        const auto number = static_cast<std::int32_t>(product);
        return done(antom_options_set_product(handle_.get(), number), "product");
    }
    Options &key_version(const std::string &text) {
        return set(antom_options_set_key_version, "key_version", text);
    }
    Options &agent_token(const std::string &text) {
        return set(antom_options_set_agent_token, "agent_token", text);
    }
    Options &connect_timeout(std::chrono::milliseconds time) {
        const auto number = detail::milliseconds("connect_timeout", time);
        return done(antom_options_set_connect_timeout_ms(handle_.get(), number), "connect_timeout");
    }
    Options &timeout(std::chrono::milliseconds time) {
        const auto number = detail::milliseconds("timeout", time);
        return done(antom_options_set_timeout_ms(handle_.get(), number), "timeout");
    }
    Options &max_retries(std::uint32_t number) {
        return done(antom_options_set_max_retries(handle_.get(), number), "max_retries");
    }
    Options &ca_certificate(std::string_view pem) {
        return set(antom_options_set_ca_certificate, "ca_certificate", pem);
    }
    Options &ca_certificate_path(const std::string &path) {
        return set(antom_options_set_ca_certificate_path, "ca_certificate_path", path);
    }
    Options &proxy(const std::string &url) { return set(antom_options_set_proxy, "proxy", url); }
    Options &signer(Signer signer) {
        if (!signer) {
            detail::invalid("signer", "it is empty");
        }
        detail::Callbacks changed = callbacks_ ? *callbacks_ : detail::Callbacks();
        changed.signer = std::move(signer);
        return call_back(std::move(changed));
    }
    Options &signer_public_key(std::string_view key) {
        return set(antom_options_set_signer_public_key, "signer_public_key", key);
    }
    Options &add_antom_public_key(const std::string &key_version, std::string_view key) {
        return done(antom_options_add_antom_public_key(
                        handle_.get(), detail::c_text("key_version", key_version),
                        key.data() == nullptr ? "" : key.data(), key.size()),
                    "key_version");
    }
    Options &max_response_age(std::chrono::seconds age) {
        if (age.count() < 0 || age.count() > std::numeric_limits<std::uint32_t>::max()) {
            detail::invalid("max_response_age", "it is negative or longer than 136 years");
        }
        const auto number = static_cast<std::uint32_t>(age.count());
        return done(antom_options_set_max_response_age_s(handle_.get(), number),
                    "max_response_age");
    }
    Options &observer(Observer observer) {
        detail::Callbacks changed = callbacks_ ? *callbacks_ : detail::Callbacks();
        changed.observer = std::move(observer);
        return call_back(std::move(changed));
    }
    Options &shared(bool shared) {
        return done(antom_options_set_shared(handle_.get(), shared ? 1 : 0), "shared");
    }

    // The C object, which this keeps.
    const antom_options *get() const noexcept { return handle_.get(); }
    // For this header: what clients keep alive.
    std::shared_ptr<void> callbacks() const noexcept { return callbacks_; }

private:
    using TextSetter = antom_status (*)(antom_options *, const char *);
    using BytesSetter = antom_status (*)(antom_options *, const char *, std::size_t);

    Options &set(TextSetter setter, const char *name, const std::string &text) {
        return done(setter(handle_.get(), detail::c_text(name, text)), name);
    }
    Options &set(BytesSetter setter, const char *name, std::string_view bytes) {
        const char *start = bytes.data() == nullptr ? "" : bytes.data();
        return done(setter(handle_.get(), start, bytes.size()), name);
    }
    // New ones, because a client that was made before keeps its own.
    Options &call_back(detail::Callbacks changed) {
        callbacks_ = std::make_shared<detail::Callbacks>(std::move(changed));
        if (callbacks_->signer) {
            done(antom_options_set_signer(handle_.get(), detail::Callbacks::sign, callbacks_.get()),
                 "signer");
        }
        const auto observe = callbacks_->observer ? detail::Callbacks::observe : nullptr;
        return done(antom_options_set_observer(handle_.get(), observe, callbacks_.get()),
                    "observer");
    }
    Options &done(antom_status status, const char *name) {
        if (status != ANTOM_OK) {
            detail::raise(status,
                          std::string(name) + ": it is not UTF-8, or not one of the known names");
        }
        return *this;
    }

    detail::Handle<antom_options, antom_options_free> handle_;
    std::shared_ptr<detail::Callbacks> callbacks_ = std::make_shared<detail::Callbacks>();
};

// The request of createVaultingSession. What is not set is left out.
struct CreateVaultingSession {
    std::string payment_method_type{};
    std::optional<std::string> vaulting_request_id{};
    std::optional<std::string> vaulting_notification_url{};
    std::optional<std::string> redirect_url{};
    std::optional<std::string> pass_through_metadata{};
    std::optional<std::string> merchant_region{};
    std::optional<bool> is_3ds_authentication{};
};

// A session with which the page in the browser collects the card. Views are valid as long as it.
class VaultingSession {
public:
    // Adopts the C object.
    explicit VaultingSession(antom_vaulting_session *session) noexcept : handle_(session) {}

    std::string_view request_id() const noexcept {
        return antom_vaulting_session_request_id(handle_.get());
    }
    std::string_view id() const noexcept { return antom_vaulting_session_id(handle_.get()); }
    // A secret: for Antom's SDK in the browser only.
    std::string_view data() const noexcept {
        return {antom_vaulting_session_data(handle_.get()),
                antom_vaulting_session_data_len(handle_.get())};
    }
    // RFC 3339.
    std::string_view expires_at() const noexcept {
        return antom_vaulting_session_expires_at(handle_.get());
    }
    std::optional<std::string_view> normal_url() const noexcept {
        const char *url = antom_vaulting_session_normal_url(handle_.get());
        return url == nullptr ? std::nullopt : std::optional<std::string_view>(url);
    }
    // ISO 8601.
    std::string_view response_time() const noexcept {
        return antom_vaulting_session_response_time(handle_.get());
    }
    // How far Antom's clock was ahead then; zero if unknown.
    std::chrono::seconds clock_skew() const noexcept {
        return std::chrono::seconds(antom_vaulting_session_clock_skew_s(handle_.get()));
    }
    // JSON that holds the data: a secret too.
    std::string_view raw() const noexcept {
        return {antom_vaulting_session_raw(handle_.get()),
                antom_vaulting_session_raw_len(handle_.get())};
    }

private:
    detail::Handle<antom_vaulting_session, antom_vaulting_session_free> handle_;
};

enum class Outcome : std::int32_t {
    processing = ANTOM_OUTCOME_PROCESSING,
    succeeded = ANTOM_OUTCOME_SUCCEEDED,
    failed = ANTOM_OUTCOME_FAILED,
    unrecognised = ANTOM_OUTCOME_UNRECOGNISED,
    never_arrived = ANTOM_OUTCOME_NEVER_ARRIVED,
    unrelated = ANTOM_OUTCOME_UNRELATED,
};

// What Antom says of a vaulting. Views are valid as long as it.
class Vaulting {
public:
    // Adopts the C object.
    explicit Vaulting(antom_vaulting *vaulting) noexcept : handle_(vaulting) {}

    Outcome outcome() const noexcept {
        return static_cast<Outcome>(antom_vaulting_outcome(handle_.get()));
    }
    std::string_view request_id() const noexcept {
        return antom_vaulting_request_id(handle_.get());
    }
    std::optional<std::string_view> code() const noexcept { return text(antom_vaulting_code); }
    std::optional<std::string_view> message() const noexcept {
        return text(antom_vaulting_message);
    }
    // A secret: keep it like a password.
    std::optional<std::string_view> card_token() const noexcept {
        return text(antom_vaulting_card_token);
    }
    std::optional<std::string_view> card_brand() const noexcept {
        return text(antom_vaulting_card_brand);
    }
    std::optional<std::string_view> card_last_four() const noexcept {
        return text(antom_vaulting_card_last_four);
    }
    std::optional<std::string_view> card_expiry_month() const noexcept {
        return text(antom_vaulting_card_expiry_month);
    }
    std::optional<std::string_view> card_expiry_year() const noexcept {
        return text(antom_vaulting_card_expiry_year);
    }
    std::optional<std::string_view> next_url() const noexcept {
        return text(antom_vaulting_next_url);
    }
    // ISO 8601, or empty for a notification.
    std::string_view response_time() const noexcept {
        return antom_vaulting_response_time(handle_.get());
    }
    // How far Antom's clock was ahead then; zero if unknown.
    std::chrono::seconds clock_skew() const noexcept {
        return std::chrono::seconds(antom_vaulting_clock_skew_s(handle_.get()));
    }
    // JSON that holds the token: a secret too.
    std::string_view raw() const noexcept {
        return {antom_vaulting_raw(handle_.get()), antom_vaulting_raw_len(handle_.get())};
    }

    // The C object, which this keeps.
    const antom_vaulting *get() const noexcept { return handle_.get(); }

private:
    std::optional<std::string_view>
    text(const char *(*read)(const antom_vaulting *)) const noexcept {
        const char *found = read(handle_.get());
        return found == nullptr ? std::nullopt : std::optional<std::string_view>(found);
    }

    detail::Handle<antom_vaulting, antom_vaulting_free> handle_;
};

// A header of a request that a web server received.
struct Header {
    std::string name;
    std::string value;
};

// The body that acknowledges a notification, with HTTP 200 and "application/json".
inline std::string_view acknowledgement() noexcept {
    return antom_acknowledgement();
}

// Remembers in this process which notifications were handled.
class ReplayGuard {
public:
    ReplayGuard(std::size_t capacity, std::chrono::seconds keep)
        : handle_(antom_replay_guard_new(capacity, seconds(keep))) {
        if (handle_ == nullptr) {
            throw std::bad_alloc();
        }
    }
    // true: it is new, handle it and then acknowledge it. false: only acknowledge it.
    [[nodiscard]] bool claim(const Vaulting &notification) const noexcept {
        return antom_replay_guard_claim(handle_.get(), notification.get()) != 0;
    }
    // Handling failed: the next repetition is new again.
    void release(const Vaulting &notification) const noexcept {
        antom_replay_guard_release(handle_.get(), notification.get());
    }

private:
    static std::uint32_t seconds(std::chrono::seconds time) {
        if (time.count() < 0 || time.count() > std::numeric_limits<std::uint32_t>::max()) {
            detail::invalid("keep", "it is negative or longer than 136 years");
        }
        return static_cast<std::uint32_t>(time.count());
    }

    detail::Handle<antom_replay_guard, antom_replay_guard_free> handle_;
};

// A verified answer of another API. Views are valid as long as it.
class Answer {
public:
    // Adopts the C object.
    explicit Answer(antom_answer *answer) noexcept : handle_(answer) {}

    std::string_view json() const noexcept {
        return {antom_answer_json(handle_.get()), antom_answer_json_len(handle_.get())};
    }
    // ISO 8601.
    std::string_view response_time() const noexcept {
        return antom_answer_response_time(handle_.get());
    }

private:
    detail::Handle<antom_answer, antom_answer_free> handle_;
};

// Who should have signed a message: Antom an answer or a notification, the merchant a request.
enum class Sender : std::int32_t { antom = 0, merchant = 1 };

// Why a signature does not verify. Views are valid as long as it.
class Diagnosis {
public:
    // Adopts the C object.
    explicit Diagnosis(antom_diagnosis *diagnosis) noexcept : handle_(diagnosis) {}

    // A name for programs, for example "path_sandbox"; nothing if it does verify.
    std::optional<std::string_view> cause() const noexcept {
        const char *cause = antom_diagnosis_cause(handle_.get());
        return cause == nullptr ? std::nullopt : std::optional<std::string_view>(cause);
    }
    std::string_view what() const noexcept { return antom_diagnosis_what(handle_.get()); }
    std::string_view fix() const noexcept { return antom_diagnosis_fix(handle_.get()); }
    // Compare it with what was signed. It holds the body.
    std::string_view string_to_sign() const noexcept {
        return {antom_diagnosis_string_to_sign(handle_.get()),
                antom_diagnosis_string_to_sign_len(handle_.get())};
    }

private:
    detail::Handle<antom_diagnosis, antom_diagnosis_free> handle_;
};

// Whether the same request sent twice acts only once.
enum class Repeat : std::int32_t { only_if_not_sent = 0, harmless = 1 };

// Calls Antom's API. One client serves any number of threads at the same time.
class Client {
public:
    explicit Client(const Options &options) {
        if (antom_abi_version() != ANTOM_ABI_VERSION) {
            throw ConfigError(ANTOM_ERR_CONFIG,
                              "the libantom that was loaded does not fit antom.h: install the one "
                              "that this program was compiled with, or compile it again");
        }
        antom_client *client = nullptr;
        antom_error *error = nullptr;
        const antom_status status = antom_client_new(options.get(), &client, &error);
        detail::check(status, error);
        state_ = state(client, options.callbacks());
    }

    // The same client, its connections included, with other limits for each call.
    [[nodiscard]] Client with_limits(std::chrono::milliseconds timeout,
                                     std::uint32_t max_retries) const {
        antom_client *client = nullptr;
        antom_error *error = nullptr;
        const antom_status status = antom_client_with_limits(
            get(), detail::milliseconds("timeout", timeout), max_retries, &client, &error);
        detail::check(status, error);
        return Client(state(client, state_->callbacks));
    }

    [[nodiscard]] VaultingSession
    create_vaulting_session(const CreateVaultingSession &request) const {
        using detail::c_text;
        antom_create_vaulting_session_request fields{};
        fields.struct_size = sizeof fields;
        fields.payment_method_type = c_text("payment_method_type", request.payment_method_type);
        fields.vaulting_request_id = c_text("vaulting_request_id", request.vaulting_request_id);
        fields.vaulting_notification_url =
            c_text("vaulting_notification_url", request.vaulting_notification_url);
        fields.redirect_url = c_text("redirect_url", request.redirect_url);
        fields.pass_through_metadata =
            c_text("pass_through_metadata", request.pass_through_metadata);
        fields.merchant_region = c_text("merchant_region", request.merchant_region);
        if (request.is_3ds_authentication) {
            fields.is_3ds_authentication = *request.is_3ds_authentication ? 1 : -1;
        }
        antom_vaulting_session *session = nullptr;
        antom_error *error = nullptr;
        const antom_status status =
            antom_client_create_vaulting_session(get(), &fields, &session, &error);
        detail::check(status, error);
        return VaultingSession(session);
    }

    // The value of the signature header for a request that your program sends itself.
    [[nodiscard]] std::string sign(const std::string &method, const std::string &path,
                                   const std::string &time, std::string_view body) const {
        using detail::c_text;
        antom_signature *signature = nullptr;
        antom_error *error = nullptr;
        const antom_status status =
            antom_client_sign(get(), c_text("method", method), c_text("path", path),
                              c_text("time", time), body.data(), body.size(), &signature, &error);
        detail::check(status, error);
        const detail::Handle<antom_signature, antom_signature_free> owner(signature);
        return antom_signature_header(signature);
    }

    // Throws UntrustedResponse unless Antom's key signed exactly these values.
    void verify(const std::string &method, const std::string &path, const std::string &time,
                std::string_view body, const std::string &signature_header) const {
        using detail::c_text;
        antom_error *error = nullptr;
        const antom_status status = antom_client_verify(
            get(), c_text("method", method), c_text("path", path), c_text("time", time),
            body.data(), body.size(), c_text("signature_header", signature_header), &error);
        detail::check(status, error);
    }

    // Finds out why the signature of a message does not verify. All but the sender are the message's.
    [[nodiscard]] Diagnosis diagnose(Sender sender, const std::string &method,
                                     const std::string &path, const std::string &client_id,
                                     const std::string &time, std::string_view body,
                                     const std::string &signature_header) const {
        using detail::c_text;
        antom_diagnosis *diagnosis = nullptr;
        antom_error *error = nullptr;
        const antom_status status = antom_client_diagnose(
            get(), static_cast<std::int32_t>(sender), c_text("method", method),
            c_text("path", path), c_text("client_id", client_id), c_text("time", time), body.data(),
            body.size(), c_text("signature_header", signature_header), &diagnosis, &error);
        detail::check(status, error);
        return Diagnosis(diagnosis);
    }

    // What became of a vaulting. That there is a result says only that Antom answered.
    [[nodiscard]] Vaulting
    inquire_vaulting(const std::string &vaulting_request_id,
                     const std::optional<std::string> &merchant_account_id = {}) const {
        using detail::c_text;
        antom_vaulting *vaulting = nullptr;
        antom_error *error = nullptr;
        const antom_status status = antom_client_inquire_vaulting(
            get(), c_text("vaulting_request_id", vaulting_request_id),
            c_text("merchant_account_id", merchant_account_id), &vaulting, &error);
        detail::check(status, error);
        return Vaulting(vaulting);
    }

    // After OutcomeUnknown: what really happened.
    [[nodiscard]] Vaulting recover(const std::string &vaulting_request_id) const {
        antom_vaulting *vaulting = nullptr;
        antom_error *error = nullptr;
        const antom_status status = antom_client_recover(
            get(), detail::c_text("vaulting_request_id", vaulting_request_id), &vaulting, &error);
        detail::check(status, error);
        return Vaulting(vaulting);
    }

    // Vaults a card whose number your server holds, which brings it under PCI DSS: see antom.h. json
    // is the request of vaultPaymentMethod; wipe it afterwards. It is never sent twice.
    [[nodiscard]] Vaulting vault_payment_method(std::string_view json) const {
        antom_vaulting *vaulting = nullptr;
        antom_error *error = nullptr;
        const antom_status status =
            antom_client_vault_payment_method(get(), json.data(), json.size(), &vaulting, &error);
        detail::check(status, error);
        return Vaulting(vaulting);
    }

    // Any other API of Antom, with JSON.
    [[nodiscard]] Answer call(const std::string &path, std::string_view json,
                              Repeat repeat = Repeat::only_if_not_sent) const {
        antom_answer *answer = nullptr;
        antom_error *error = nullptr;
        const antom_status status =
            antom_client_call(get(), detail::c_text("path", path), json.data(), json.size(),
                              static_cast<std::int32_t>(repeat), &answer, &error);
        detail::check(status, error);
        return Answer(answer);
    }

    // Throws UntrustedNotification unless it is Antom's and for this client id. path is the one that
    // Antom called, with its query; headers are all that came; body is what came, byte for byte.
    // tolerance refuses a notification whose time is further from now; zero is no limit.
    [[nodiscard]] Vaulting
    verify_notification(const std::string &method, const std::string &path,
                        const std::vector<Header> &headers, std::string_view body,
                        std::chrono::seconds tolerance = std::chrono::seconds(0)) const {
        using detail::c_text;
        if (tolerance.count() < 0 ||
            tolerance.count() > std::numeric_limits<std::uint32_t>::max()) {
            detail::invalid("tolerance", "it is negative or longer than 136 years");
        }
        std::vector<antom_header> list;
        for (const Header &header : headers) {
            list.push_back({c_text("header", header.name), c_text("header", header.value)});
        }
        antom_vaulting *vaulting = nullptr;
        antom_error *error = nullptr;
        const antom_status status = antom_client_verify_notification(
            get(), c_text("method", method), c_text("path", path), list.data(), list.size(),
            body.data(), body.size(), static_cast<std::uint32_t>(tolerance.count()), &vaulting,
            &error);
        detail::check(status, error);
        return Vaulting(vaulting);
    }

    // From any thread; running calls end, also those of clients that share the connections.
    void close() const noexcept { antom_client_close(get()); }

private:
    struct State {
        // Freed after the client that uses them.
        std::shared_ptr<void> callbacks;
        detail::Handle<antom_client, antom_client_free> handle;
    };
    using StatePointer = std::unique_ptr<const State>;

    explicit Client(StatePointer state) noexcept : state_(std::move(state)) {}
    static StatePointer state(antom_client *client, std::shared_ptr<void> callbacks) {
        detail::Handle<antom_client, antom_client_free> handle(client);
        return StatePointer(new State{std::move(callbacks), std::move(handle)});
    }
    // NULL if it was moved from, which every function of the library refuses.
    const antom_client *get() const noexcept { return state_ ? state_->handle.get() : nullptr; }

    StatePointer state_;
};

static_assert(sizeof(Client) == sizeof(void *), "a Client is one pointer");

} // namespace antom

#endif // ANTOM_HPP
