/*
 * What C can get wrong: NULL for every pointer, one by one; text that is not UTF-8; sizes of
 * structs; numbers out of range; no variable for the error.
 */
#include "support.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char not_utf8[] = "caf\xe9";

static antom_client *client;

/* Never written to where a call fails. */
static char untouched;
#define UNTOUCHED ((void *)&untouched)

/* Takes the error: the call was refused because of the parameter of this name. */
static void expect_refused(int line, antom_status status, antom_error *error, const char *name) {
    const char *message = antom_error_message(error);
    if (status != ANTOM_ERR_INVALID_ARGUMENT || antom_error_kind(error) != status ||
        strncmp(message, name, strlen(name)) != 0 || message[strlen(name)] != ':') {
        fail("line %d: expected status 1 and \"%s: ...\", found %ld and \"%s\"", line, name,
             (long)status, message);
    }
    EXPECT(antom_error_retryable(error) == 0);
    EXPECT(antom_error_advice(error)[0] != '\0');
    EXPECT(antom_error_attempts(error) == 0);
    antom_error_free(error);
}

/* ---- options ------------------------------------------------------------- */

typedef antom_status text_setter(antom_options *, const char *);
typedef antom_status bytes_setter(antom_options *, const char *, size_t);
typedef antom_status number_setter(antom_options *, uint32_t);

static const struct {
    const char *name;
    text_setter *set;
} text_setters[] = {
    {"client_id", antom_options_set_client_id},
    {"private_key_path", antom_options_set_private_key_path},
    {"private_key_passphrase", antom_options_set_private_key_passphrase},
    {"antom_public_key_path", antom_options_set_antom_public_key_path},
    {"endpoint", antom_options_set_endpoint},
    {"region", antom_options_set_region},
    {"key_version", antom_options_set_key_version},
    {"agent_token", antom_options_set_agent_token},
    {"ca_certificate_path", antom_options_set_ca_certificate_path},
    {"proxy", antom_options_set_proxy},
};

static const struct {
    const char *name;
    bytes_setter *set;
} bytes_setters[] = {
    {"private_key", antom_options_set_private_key},
    {"antom_public_key", antom_options_set_antom_public_key},
    {"signer_public_key", antom_options_set_signer_public_key},
    {"ca_certificate", antom_options_set_ca_certificate},
};

static const struct {
    const char *name;
    number_setter *set;
} number_setters[] = {
    {"connect_timeout_ms", antom_options_set_connect_timeout_ms},
    {"timeout_ms", antom_options_set_timeout_ms},
    {"max_retries", antom_options_set_max_retries},
    {"max_response_age_s", antom_options_set_max_response_age_s},
};

static void setters(void) {
    antom_options *options = antom_options_new();
    size_t i;
    EXPECT(options != NULL);
    for (i = 0; i < sizeof text_setters / sizeof text_setters[0]; i++) {
        const char *good = strcmp(text_setters[i].name, "region") == 0 ? "asia" : "x";
        begin("arguments/set_%s", text_setters[i].name);
        EXPECT(text_setters[i].set(options, good) == ANTOM_OK);
        EXPECT(text_setters[i].set(options, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
        EXPECT(text_setters[i].set(options, not_utf8) == ANTOM_ERR_INVALID_ARGUMENT);
        EXPECT(text_setters[i].set(NULL, good) == ANTOM_ERR_INVALID_ARGUMENT);
    }
    for (i = 0; i < sizeof bytes_setters / sizeof bytes_setters[0]; i++) {
        begin("arguments/set_%s", bytes_setters[i].name);
        EXPECT(bytes_setters[i].set(options, "x", 1) == ANTOM_OK);
        EXPECT(bytes_setters[i].set(options, "x", 0) == ANTOM_OK);
        EXPECT(bytes_setters[i].set(options, NULL, 0) == ANTOM_ERR_INVALID_ARGUMENT);
        EXPECT(bytes_setters[i].set(options, NULL, 1) == ANTOM_ERR_INVALID_ARGUMENT);
        EXPECT(bytes_setters[i].set(options, "x", SIZE_MAX) == ANTOM_ERR_INVALID_ARGUMENT);
        EXPECT(bytes_setters[i].set(NULL, "x", 1) == ANTOM_ERR_INVALID_ARGUMENT);
    }
    for (i = 0; i < sizeof number_setters / sizeof number_setters[0]; i++) {
        begin("arguments/set_%s", number_setters[i].name);
        EXPECT(number_setters[i].set(options, 0) == ANTOM_OK);
        EXPECT(number_setters[i].set(options, UINT32_MAX) == ANTOM_OK);
        EXPECT(number_setters[i].set(NULL, 1) == ANTOM_ERR_INVALID_ARGUMENT);
    }
    begin("arguments/set_product");
    EXPECT(antom_options_set_product(options, ANTOM_PRODUCT_AMS) == ANTOM_OK);
    EXPECT(antom_options_set_product(options, -1) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_set_product(options, 2) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_set_product(NULL, ANTOM_PRODUCT_AMS) == ANTOM_ERR_INVALID_ARGUMENT);
    begin("arguments/pem_text_must_be_utf8");
    EXPECT(antom_options_set_ca_certificate(options, not_utf8, strlen(not_utf8)) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    begin("arguments/unknown_region");
    EXPECT(antom_options_set_region(options, "Asia") == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_set_region(options, "") == ANTOM_ERR_INVALID_ARGUMENT);
    antom_options_free(options);
}

static size_t never_signs(void *context, const char *content, size_t content_len,
                          const uint8_t *sha256, uint8_t *signature, size_t signature_size) {
    (void)context, (void)content, (void)content_len, (void)sha256, (void)signature;
    (void)signature_size;
    return 0;
}

static void never_looks(void *context, const antom_event *event) {
    (void)context, (void)event;
}

static void setters_of_functions_and_lists(void) {
    antom_options *options = antom_options_new();
    begin("arguments/set_signer");
    EXPECT(antom_options_set_signer(options, never_signs, NULL) == ANTOM_OK);
    EXPECT(antom_options_set_signer(options, NULL, NULL) == ANTOM_OK);
    EXPECT(antom_options_set_signer(NULL, never_signs, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
    begin("arguments/set_observer");
    EXPECT(antom_options_set_observer(options, never_looks, NULL) == ANTOM_OK);
    EXPECT(antom_options_set_observer(options, NULL, NULL) == ANTOM_OK);
    EXPECT(antom_options_set_observer(NULL, never_looks, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
    begin("arguments/set_shared");
    EXPECT(antom_options_set_shared(options, 1) == ANTOM_OK);
    EXPECT(antom_options_set_shared(options, 2) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_set_shared(options, -1) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_set_shared(NULL, 1) == ANTOM_ERR_INVALID_ARGUMENT);
    begin("arguments/add_antom_public_key");
    EXPECT(antom_options_add_antom_public_key(options, "2", "x", 1) == ANTOM_OK);
    EXPECT(antom_options_add_antom_public_key(options, NULL, "x", 1) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_add_antom_public_key(options, not_utf8, "x", 1) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_add_antom_public_key(options, "2", NULL, 1) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_add_antom_public_key(options, "2", "x", SIZE_MAX) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_options_add_antom_public_key(NULL, "2", "x", 1) == ANTOM_ERR_INVALID_ARGUMENT);
    antom_options_free(options);
}

static void a_setter_that_fails_changes_nothing(void) {
    antom_options *options = antom_options_new();
    antom_error *error = NULL;
    antom_client *none = UNTOUCHED;
    antom_options_set_client_id(options, "5X");
    antom_options_set_client_id(options, not_utf8);
    antom_options_set_client_id(options, NULL);
    antom_options_set_endpoint(options, "https://gateway.example/path");
    antom_options_set_region(options, "nowhere");
    EXPECT(antom_client_new(options, &none, &error) == ANTOM_ERR_CONFIG);
    /* Not "client id", which is good, and not "endpoint: it is missing". */
    EXPECT(strstr(antom_error_message(error), "endpoint: it holds more") != NULL);
    EXPECT(none == UNTOUCHED);
    antom_error_free(error);
    antom_options_free(options);
}

static void options_must_be_complete(void) {
    antom_options *options = antom_options_new();
    antom_error *error = NULL;
    antom_client *none = UNTOUCHED;
    EXPECT(antom_client_new(options, &none, &error) == ANTOM_ERR_CONFIG);
    EXPECT(strstr(antom_error_message(error), "client id") != NULL);
    EXPECT(none == UNTOUCHED);
    EXPECT(antom_client_new(options, &none, NULL) == ANTOM_ERR_CONFIG);
    antom_error_free(error);
    antom_options_free(options);
}

/* ---- client -------------------------------------------------------------- */

static void client_new(void) {
    antom_options *options = antom_options_new();
    antom_client *none = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/client_new_without_options");
    status = antom_client_new(NULL, &none, &error);
    expect_refused(__LINE__, status, error, "options");
    EXPECT(none == UNTOUCHED);
    begin("arguments/client_new_without_client_out");
    status = antom_client_new(options, NULL, &error);
    expect_refused(__LINE__, status, error, "client_out");
    begin("arguments/client_new_without_anything");
    EXPECT(antom_client_new(NULL, NULL, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
    antom_options_free(options);
}

static void client_with_limits(void) {
    antom_client *limited = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/with_limits_without_client");
    status = antom_client_with_limits(NULL, 1, 0, &limited, &error);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/with_limits_out_of_range");
    status = antom_client_with_limits(client, 0, 0, &limited, &error);
    expect_refused(__LINE__, status, error, "timeout_ms");
    status = antom_client_with_limits(client, 3600001, 0, &limited, &error);
    expect_refused(__LINE__, status, error, "timeout_ms");
    EXPECT(limited == UNTOUCHED);
    begin("arguments/with_limits_without_client_out");
    status = antom_client_with_limits(client, 1, 0, NULL, &error);
    expect_refused(__LINE__, status, error, "client_out");
    begin("arguments/with_limits_outlives_nothing");
    EXPECT(antom_client_with_limits(client, 1, 0, &limited, NULL) == ANTOM_OK);
    antom_client_free(limited);
}

static void client_with_signature(void) {
    antom_client *once = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/with_signature_without_client");
    status = antom_client_with_signature(NULL, "x", "x", 1, &once, &error);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/with_signature_of_no_string_to_sign");
    status = antom_client_with_signature(client, NULL, "x", 1, &once, &error);
    expect_refused(__LINE__, status, error, "string_to_sign");
    status = antom_client_with_signature(client, not_utf8, "x", 1, &once, &error);
    expect_refused(__LINE__, status, error, "string_to_sign");
    status = antom_client_with_signature(client, "POST /\nanother.1.{}", "x", 1, &once, &error);
    expect_refused(__LINE__, status, error, "string_to_sign");
    begin("arguments/with_signature_without_signature");
    status = antom_client_with_signature(client, "x", NULL, 1, &once, &error);
    expect_refused(__LINE__, status, error, "signature");
    EXPECT(once == UNTOUCHED);
    begin("arguments/with_signature_without_client_out");
    status = antom_client_with_signature(client, "x", "x", 1, NULL, &error);
    expect_refused(__LINE__, status, error, "client_out");
}

static void inquiries(void) {
    antom_vaulting *vaulting = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/inquire_without_client");
    status = antom_client_inquire_vaulting(NULL, "1", NULL, &vaulting, &error);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/inquire_without_id");
    status = antom_client_inquire_vaulting(client, NULL, NULL, &vaulting, &error);
    expect_refused(__LINE__, status, error, "vaulting_request_id");
    status = antom_client_inquire_vaulting(client, not_utf8, NULL, &vaulting, &error);
    expect_refused(__LINE__, status, error, "vaulting_request_id");
    begin("arguments/inquire_with_account_not_utf8");
    status = antom_client_inquire_vaulting(client, "1", not_utf8, &vaulting, &error);
    expect_refused(__LINE__, status, error, "merchant_account_id");
    begin("arguments/inquire_without_vaulting_out");
    status = antom_client_inquire_vaulting(client, "1", NULL, NULL, &error);
    expect_refused(__LINE__, status, error, "vaulting_out");
    EXPECT(antom_client_inquire_vaulting(client, "1", NULL, NULL, NULL) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    begin("arguments/recover_without_client");
    status = antom_client_recover(NULL, "1", &vaulting, &error);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/recover_without_id");
    status = antom_client_recover(client, NULL, &vaulting, &error);
    expect_refused(__LINE__, status, error, "vaulting_request_id");
    status = antom_client_recover(client, not_utf8, &vaulting, &error);
    expect_refused(__LINE__, status, error, "vaulting_request_id");
    begin("arguments/recover_without_vaulting_out");
    status = antom_client_recover(client, "1", NULL, &error);
    expect_refused(__LINE__, status, error, "vaulting_out");
    EXPECT(antom_client_recover(client, "1", NULL, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(vaulting == UNTOUCHED);
}

static void cards(void) {
    antom_vaulting *vaulting = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/vault_without_client");
    status = antom_client_vault_payment_method(NULL, "{}", 2, &vaulting, &error);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/vault_without_json");
    status = antom_client_vault_payment_method(client, NULL, 0, &vaulting, &error);
    expect_refused(__LINE__, status, error, "json");
    status = antom_client_vault_payment_method(client, "{}", SIZE_MAX, &vaulting, &error);
    expect_refused(__LINE__, status, error, "json");
    status = antom_client_vault_payment_method(client, not_utf8, 4, &vaulting, &error);
    expect_refused(__LINE__, status, error, "json");
    begin("arguments/vault_with_json_that_is_no_request");
    status = antom_client_vault_payment_method(client, "[]", 2, &vaulting, &error);
    expect_refused(__LINE__, status, error, "json");
    status = antom_client_vault_payment_method(client, "{\"card\":1}", 10, &vaulting, &error);
    expect_refused(__LINE__, status, error, "json");
    begin("arguments/vault_without_vaulting_out");
    status = antom_client_vault_payment_method(client, "{}", 2, NULL, &error);
    expect_refused(__LINE__, status, error, "vaulting_out");
    EXPECT(antom_client_vault_payment_method(client, "{}", 2, NULL, NULL) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(vaulting == UNTOUCHED);
}

static void calls(void) {
    antom_answer *answer = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/call_without_client");
    status = antom_client_call(NULL, "/ams/api/v1/x", "{}", 2, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/call_without_path");
    status = antom_client_call(client, NULL, "{}", 2, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "path");
    status = antom_client_call(client, not_utf8, "{}", 2, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "path");
    status = antom_client_call(client, "/elsewhere", "{}", 2, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "path");
    begin("arguments/call_without_json");
    status = antom_client_call(client, "/ams/api/v1/x", NULL, 0, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "json");
    status = antom_client_call(client, "/ams/api/v1/x", "{}", SIZE_MAX, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "json");
    status = antom_client_call(client, "/ams/api/v1/x", not_utf8, 4, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "json");
    begin("arguments/call_with_a_body_that_is_not_an_object");
    status = antom_client_call(client, "/ams/api/v1/x", "[]", 2, 0, &answer, &error);
    expect_refused(__LINE__, status, error, "body");
    begin("arguments/call_repeatable_out_of_range");
    status = antom_client_call(client, "/ams/api/v1/x", "{}", 2, 2, &answer, &error);
    expect_refused(__LINE__, status, error, "repeatable");
    begin("arguments/call_without_answer_out");
    status = antom_client_call(client, "/ams/api/v1/x", "{}", 2, 0, NULL, &error);
    expect_refused(__LINE__, status, error, "answer_out");
    EXPECT(antom_client_call(client, "/ams/api/v1/x", "{}", 2, 0, NULL, NULL) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(answer == UNTOUCHED);
}

static void notifications(void) {
    static const antom_header headers[] = {{"client-id", "x"}};
    static const antom_header no_name[] = {{NULL, "x"}};
    static const antom_header no_value[] = {{"x", NULL}};
    static const antom_header odd_value[] = {{"client-id", not_utf8}};
    antom_vaulting *vaulting = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
#define VERIFY(client, method, path, headers, count, body, body_len, out)                          \
    antom_client_verify_notification(client, method, path, headers, count, body, body_len, 0, out, \
                                     &error)
    begin("arguments/verify_notification_without_client");
    status = VERIFY(NULL, "POST", "/", headers, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "client");
    begin("arguments/verify_notification_without_method_or_path");
    status = VERIFY(client, NULL, "/", headers, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "method");
    status = VERIFY(client, not_utf8, "/", headers, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "method");
    status = VERIFY(client, "POST", NULL, headers, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "path");
    status = VERIFY(client, "POST", not_utf8, headers, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "path");
    begin("arguments/verify_notification_without_headers");
    status = VERIFY(client, "POST", "/", NULL, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "headers");
    status = VERIFY(client, "POST", "/", headers, SIZE_MAX, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "headers");
    status = VERIFY(client, "POST", "/", no_name, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "headers->name");
    status = VERIFY(client, "POST", "/", no_value, 1, "{}", 2, &vaulting);
    expect_refused(__LINE__, status, error, "headers->value");
    begin("arguments/verify_notification_without_body");
    status = VERIFY(client, "POST", "/", headers, 1, NULL, 1, &vaulting);
    expect_refused(__LINE__, status, error, "body");
    status = VERIFY(client, "POST", "/", headers, 1, "{}", SIZE_MAX, &vaulting);
    expect_refused(__LINE__, status, error, "body");
    begin("arguments/verify_notification_without_vaulting_out");
    status = VERIFY(client, "POST", "/", headers, 1, "{}", 2, NULL);
    expect_refused(__LINE__, status, error, "vaulting_out");
    begin("arguments/verify_notification_that_is_none");
    EXPECT(VERIFY(client, "POST", "/", NULL, 0, NULL, 0, &vaulting) ==
           ANTOM_ERR_UNTRUSTED_NOTIFICATION);
    EXPECT(strstr(antom_error_message(error), "no client-id header") != NULL);
    antom_error_free(error);
    EXPECT(VERIFY(client, "POST", "/", odd_value, 1, NULL, 0, &vaulting) ==
           ANTOM_ERR_UNTRUSTED_NOTIFICATION);
    antom_error_free(error);
    EXPECT(vaulting == UNTOUCHED);
#undef VERIFY
}

static void replay_guard_of_nothing(void) {
    antom_replay_guard *guard = antom_replay_guard_new(0, 0);
    EXPECT(guard != NULL);
    EXPECT(antom_replay_guard_claim(guard, NULL) == 0);
    EXPECT(antom_replay_guard_claim(NULL, NULL) == 0);
    antom_replay_guard_release(guard, NULL);
    antom_replay_guard_release(NULL, NULL);
    antom_replay_guard_free(guard);
}

/* The parameters of antom_client_sign and antom_client_verify. */
struct parts {
    const antom_client *client;
    const char *method;
    const char *path;
    const char *time;
    const char *body;
    size_t body_len;
    const char *signature_header;
};

static struct parts good_parts(void) {
    struct parts parts;
    parts.client = client;
    parts.method = "POST";
    parts.path = "/";
    parts.time = "1";
    parts.body = "{}";
    parts.body_len = 2;
    parts.signature_header = "algorithm=RSA256,signature=AA==";
    return parts;
}

static void expect_refused_parts(const struct parts *parts, const char *name) {
    antom_signature *signature = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    if (strcmp(name, "signature_header") != 0) {
        status = antom_client_sign(parts->client, parts->method, parts->path, parts->time,
                                   parts->body, parts->body_len, &signature, &error);
        expect_refused(__LINE__, status, error, name);
        EXPECT(signature == UNTOUCHED);
    }
    error = NULL;
    status = antom_client_verify(parts->client, parts->method, parts->path, parts->time,
                                 parts->body, parts->body_len, parts->signature_header, &error);
    expect_refused(__LINE__, status, error, name);
    status = antom_client_verify(parts->client, parts->method, parts->path, parts->time,
                                 parts->body, parts->body_len, parts->signature_header, NULL);
    EXPECT(status == ANTOM_ERR_INVALID_ARGUMENT);
}

static void sign_and_verify(void) {
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {
        {"method", offsetof(struct parts, method)},
        {"path", offsetof(struct parts, path)},
        {"time", offsetof(struct parts, time)},
        {"signature_header", offsetof(struct parts, signature_header)},
    };
    struct parts parts = good_parts();
    antom_signature *signature = NULL;
    antom_error *error = NULL;
    antom_status status;
    size_t i;

    begin("arguments/sign_and_verify_without_client");
    parts.client = NULL;
    expect_refused_parts(&parts, "client");
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char **text;
        parts = good_parts();
        text = (const char **)(void *)((char *)&parts + texts[i].offset);
        begin("arguments/sign_and_verify_without_%s", texts[i].name);
        *text = NULL;
        expect_refused_parts(&parts, texts[i].name);
        begin("arguments/sign_and_verify_with_%s_not_utf8", texts[i].name);
        *text = not_utf8;
        expect_refused_parts(&parts, texts[i].name);
    }
    begin("arguments/sign_and_verify_with_a_length_but_no_body");
    parts = good_parts();
    parts.body = NULL;
    expect_refused_parts(&parts, "body");
    begin("arguments/sign_and_verify_with_a_length_that_no_memory_has");
    parts = good_parts();
    parts.body_len = SIZE_MAX;
    expect_refused_parts(&parts, "body");

    begin("arguments/an_empty_body_may_be_null");
    EXPECT(antom_client_sign(client, "POST", "/", "1", NULL, 0, &signature, &error) == ANTOM_OK);
    EXPECT(error == NULL);
    EXPECT(antom_client_verify(client, "POST", "/", "1", NULL, 0, antom_signature_header(signature),
                               NULL) == ANTOM_ERR_UNTRUSTED_RESPONSE);
    antom_signature_free(signature);

    begin("arguments/sign_without_signature_out");
    status = antom_client_sign(client, "POST", "/", "1", NULL, 0, NULL, &error);
    expect_refused(__LINE__, status, error, "signature_out");
    begin("arguments/sign_without_error_out");
    EXPECT(antom_client_sign(client, "POST", "/", "1", NULL, 0, NULL, NULL) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(antom_client_sign(client, "POST", "/", "1", NULL, 0, &signature, NULL) == ANTOM_OK);
    antom_signature_free(signature);
}

/* Refused because of the parameter of this name. */
static void expect_no_diagnosis(int line, const struct parts *parts, const char *client_id,
                                int32_t from_merchant, const char *name) {
    antom_diagnosis *diagnosis = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status = antom_client_diagnose(
        parts->client, from_merchant, parts->method, parts->path, client_id, parts->time,
        parts->body, parts->body_len, parts->signature_header, &diagnosis, &error);
    expect_refused(line, status, error, name);
    EXPECT(diagnosis == UNTOUCHED);
}

static void diagnoses(void) {
    struct parts parts = good_parts();
    antom_error *error = NULL;
    antom_status status;
    begin("arguments/diagnose_without_a_part");
    parts.client = NULL;
    expect_no_diagnosis(__LINE__, &parts, "x", 0, "client");
    parts = good_parts();
    parts.method = NULL;
    expect_no_diagnosis(__LINE__, &parts, "x", 0, "method");
    parts = good_parts();
    parts.path = NULL;
    expect_no_diagnosis(__LINE__, &parts, "x", 0, "path");
    parts = good_parts();
    parts.time = NULL;
    expect_no_diagnosis(__LINE__, &parts, "x", 0, "time");
    parts = good_parts();
    parts.body = NULL;
    expect_no_diagnosis(__LINE__, &parts, "x", 0, "body");
    parts = good_parts();
    parts.signature_header = NULL;
    expect_no_diagnosis(__LINE__, &parts, "x", 0, "signature_header");
    parts = good_parts();
    expect_no_diagnosis(__LINE__, &parts, NULL, 0, "client_id");
    expect_no_diagnosis(__LINE__, &parts, not_utf8, 0, "client_id");
    begin("arguments/diagnose_from_nobody");
    expect_no_diagnosis(__LINE__, &parts, "x", 2, "from_merchant");
    expect_no_diagnosis(__LINE__, &parts, "x", -1, "from_merchant");
    begin("arguments/diagnose_without_diagnosis_out");
    status = antom_client_diagnose(client, 0, "POST", "/", "x", "1", "", 0, "x", NULL, &error);
    expect_refused(__LINE__, status, error, "diagnosis_out");
    EXPECT(antom_client_diagnose(client, 0, "POST", "/", "x", "1", "", 0, "x", NULL, NULL) ==
           ANTOM_ERR_INVALID_ARGUMENT);
}

/* ---- request ------------------------------------------------------------- */

static antom_create_vaulting_session_request empty_request(void) {
    antom_create_vaulting_session_request request;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    return request;
}

static void expect_refused_request(const antom_create_vaulting_session_request *request,
                                   const char *name) {
    antom_vaulting_session *session = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status = antom_client_create_vaulting_session(client, request, &session, &error);
    expect_refused(__LINE__, status, error, name);
    EXPECT(session == UNTOUCHED);
    status = antom_client_create_vaulting_session(client, request, &session, NULL);
    EXPECT(status == ANTOM_ERR_INVALID_ARGUMENT && session == UNTOUCHED);
}

/* It came as far as the field rules: the library could read all that it should. */
static void expect_read(const antom_create_vaulting_session_request *request) {
    antom_vaulting_session *session = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status = antom_client_create_vaulting_session(client, request, &session, &error);
    EXPECT(status == ANTOM_ERR_INVALID_REQUEST);
    EXPECT(antom_error_violation_count(error) == 1);
    EXPECT_TEXT(antom_error_violation_field(error, 0), "paymentMethodType");
    EXPECT(session == UNTOUCHED);
    antom_error_free(error);
}

static void requests(void) {
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {
#define TEXT(name) {"request->" #name, offsetof(antom_create_vaulting_session_request, name)}
        TEXT(payment_method_type), TEXT(vaulting_request_id),   TEXT(vaulting_notification_url),
        TEXT(redirect_url),        TEXT(pass_through_metadata), TEXT(merchant_region),
    };
    static const size_t sizes[] = {
        0, 1, sizeof(size_t) - 1, sizeof(size_t) + 1, 3 * sizeof(void *) - 4, 4097, SIZE_MAX};
    antom_create_vaulting_session_request request = empty_request();
    antom_vaulting_session *session = UNTOUCHED;
    antom_error *error = NULL;
    antom_status status;
    struct {
        antom_create_vaulting_session_request known;
        char unknown[4 * sizeof(void *)];
    } newer;
    size_t i;

    begin("arguments/create_without_client");
    status = antom_client_create_vaulting_session(NULL, &request, &session, &error);
    expect_refused(__LINE__, status, error, "client");
    EXPECT(session == UNTOUCHED);
    begin("arguments/create_without_request");
    expect_refused_request(NULL, "request");
    begin("arguments/create_without_session_out");
    status = antom_client_create_vaulting_session(client, &request, NULL, &error);
    expect_refused(__LINE__, status, error, "session_out");
    begin("arguments/create_without_anything");
    EXPECT(antom_client_create_vaulting_session(NULL, NULL, NULL, NULL) ==
           ANTOM_ERR_INVALID_ARGUMENT);

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin("arguments/%s_not_utf8", texts[i].name);
        request = empty_request();
        *(const char **)(void *)((char *)&request + texts[i].offset) = not_utf8;
        expect_refused_request(&request, texts[i].name);
    }
    begin("arguments/is_3ds_authentication_out_of_range");
    request = empty_request();
    request.is_3ds_authentication = 2;
    expect_refused_request(&request, "request->is_3ds_authentication");
    request.is_3ds_authentication = -2;
    expect_refused_request(&request, "request->is_3ds_authentication");

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        begin("arguments/struct_size_%lu_is_refused", (unsigned long)sizes[i]);
        request = empty_request();
        request.struct_size = sizes[i];
        expect_refused_request(&request, "request->struct_size");
    }
    begin("arguments/an_older_smaller_struct_is_read_to_its_end");
    memset(&request, 0xff, sizeof request);
    request.struct_size = offsetof(antom_create_vaulting_session_request, vaulting_request_id);
    request.payment_method_type = "";
    expect_read(&request);
    begin("arguments/a_struct_of_only_its_size");
    request.struct_size = sizeof(size_t);
    expect_read(&request);
    begin("arguments/a_newer_struct_without_new_members_is_read");
    memset(&newer, 0, sizeof newer);
    newer.known.struct_size = sizeof newer;
    expect_read(&newer.known);
    begin("arguments/a_newer_struct_with_a_new_member_is_refused");
    newer.unknown[sizeof newer.unknown - 1] = 1;
    expect_refused_request(&newer.known, "request");
}

/* ---- what reads ---------------------------------------------------------- */

static void accessors_of_null(void) {
    EXPECT(antom_error_kind(NULL) == ANTOM_OK);
    EXPECT_TEXT(antom_error_kind_name(NULL), "");
    EXPECT_TEXT(antom_error_message(NULL), "");
    EXPECT_TEXT(antom_error_advice(NULL), "");
    EXPECT(antom_error_retryable(NULL) == 0);
    EXPECT(antom_error_result_code(NULL) == NULL);
    EXPECT(antom_error_result_status(NULL) == NULL);
    EXPECT(antom_error_result_message(NULL) == NULL);
    EXPECT(antom_error_authenticated(NULL) == 0);
    EXPECT(antom_error_http_status(NULL) == 0);
    EXPECT(antom_error_attempts(NULL) == 0);
    EXPECT(antom_error_request_id(NULL) == NULL);
    EXPECT(antom_error_string_to_sign(NULL) == NULL);
    EXPECT(antom_error_violation_count(NULL) == 0);
    EXPECT(antom_error_violation_field(NULL, 0) == NULL);
    EXPECT(antom_error_violation_problem(NULL, 0) == NULL);
    EXPECT_TEXT(antom_vaulting_session_request_id(NULL), "");
    EXPECT_TEXT(antom_vaulting_session_id(NULL), "");
    EXPECT_TEXT(antom_vaulting_session_data(NULL), "");
    EXPECT(antom_vaulting_session_data_len(NULL) == 0);
    EXPECT_TEXT(antom_vaulting_session_expires_at(NULL), "");
    EXPECT(antom_vaulting_session_normal_url(NULL) == NULL);
    EXPECT_TEXT(antom_vaulting_session_response_time(NULL), "");
    EXPECT(antom_vaulting_session_clock_skew_s(NULL) == 0);
    EXPECT_TEXT(antom_vaulting_session_raw(NULL), "");
    EXPECT(antom_vaulting_session_raw_len(NULL) == 0);
    EXPECT(antom_vaulting_outcome(NULL) == ANTOM_OUTCOME_PROCESSING);
    EXPECT_TEXT(antom_vaulting_request_id(NULL), "");
    EXPECT(antom_vaulting_code(NULL) == NULL);
    EXPECT(antom_vaulting_message(NULL) == NULL);
    EXPECT(antom_vaulting_card_token(NULL) == NULL);
    EXPECT(antom_vaulting_card_brand(NULL) == NULL);
    EXPECT(antom_vaulting_card_last_four(NULL) == NULL);
    EXPECT(antom_vaulting_card_expiry_month(NULL) == NULL);
    EXPECT(antom_vaulting_card_expiry_year(NULL) == NULL);
    EXPECT(antom_vaulting_next_url(NULL) == NULL);
    EXPECT_TEXT(antom_vaulting_response_time(NULL), "");
    EXPECT(antom_vaulting_clock_skew_s(NULL) == 0);
    EXPECT_TEXT(antom_vaulting_raw(NULL), "");
    EXPECT(antom_vaulting_raw_len(NULL) == 0);
    EXPECT_TEXT(antom_answer_json(NULL), "");
    EXPECT(antom_answer_json_len(NULL) == 0);
    EXPECT_TEXT(antom_answer_response_time(NULL), "");
    EXPECT_TEXT(antom_signature_header(NULL), "");
    EXPECT(antom_diagnosis_cause(NULL) == NULL);
    EXPECT_TEXT(antom_diagnosis_what(NULL), "");
    EXPECT_TEXT(antom_diagnosis_fix(NULL), "");
    EXPECT_TEXT(antom_diagnosis_string_to_sign(NULL), "");
    EXPECT(antom_diagnosis_string_to_sign_len(NULL) == 0);
}

static void null_may_be_freed_and_closed(void) {
    antom_error_free(NULL);
    antom_options_free(NULL);
    antom_client_free(NULL);
    antom_client_close(NULL);
    antom_vaulting_session_free(NULL);
    antom_signature_free(NULL);
    antom_vaulting_free(NULL);
    antom_replay_guard_free(NULL);
    antom_answer_free(NULL);
    antom_diagnosis_free(NULL);
}

static void version(void) {
    char expected[100];
    snprintf(expected, sizeof expected, "%d.%d.%d", ANTOM_VERSION_MAJOR, ANTOM_VERSION_MINOR,
             ANTOM_VERSION_PATCH);
    EXPECT_TEXT(antom_version(), expected);
    EXPECT(antom_abi_version() == ANTOM_ABI_VERSION);
    EXPECT_TEXT(antom_acknowledgement(), "{\"result\":{\"resultCode\":\"SUCCESS\",\"resultStatus\":"
                                         "\"S\",\"resultMessage\":\"success\"}}");
}

int main(void) {
    client = offline_client("merchant", "gateway", "SANDBOX_5X00000000000000");
    setters();
    setters_of_functions_and_lists();
    begin("arguments/a_setter_that_fails_changes_nothing");
    a_setter_that_fails_changes_nothing();
    begin("arguments/options_must_be_complete");
    options_must_be_complete();
    client_new();
    client_with_limits();
    client_with_signature();
    inquiries();
    cards();
    calls();
    notifications();
    begin("arguments/a_replay_guard_and_nothing_to_claim");
    replay_guard_of_nothing();
    sign_and_verify();
    diagnoses();
    requests();
    begin("arguments/accessors_of_null");
    accessors_of_null();
    begin("arguments/null_may_be_freed_and_closed");
    null_may_be_freed_and_closed();
    begin("arguments/version");
    version();
    antom_client_free(client);
    return finish();
}
