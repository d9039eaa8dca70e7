/* tests/vectors/signatures.json: what is signed, and what verifies. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *other(const char *key) {
    return strcmp(key, "merchant") == 0 ? "gateway" : "merchant";
}

static antom_status verify(const antom_client *client, const cJSON *test, const char *header) {
    const char *body = text_of(test, "body");
    return antom_client_verify(client, text_of(test, "method"), text_of(test, "path"),
                               text_of(test, "time"), body, strlen(body), header, NULL);
}

static void what_is_signed_is_what_the_vendor_signs(const cJSON *test) {
    const char *signer = text_of(test, "signer");
    antom_client *client = offline_client(signer, other(signer), text_of(test, "client_id"));
    antom_signature *signature = NULL;
    const char *body = text_of(test, "body");
    antom_status status =
        antom_client_sign(client, text_of(test, "method"), text_of(test, "path"),
                          text_of(test, "time"), body, strlen(body), &signature, NULL);
    EXPECT(status == ANTOM_OK);
    EXPECT_TEXT(antom_signature_header(signature), text_of(test, "header_value_sdk_style"));
    antom_signature_free(signature);
    antom_client_free(client);
}

static void every_written_form_verifies(const cJSON *test) {
    static const char *const signatures[] = {
        "signature_urlencoded", "signature_urlencoded_lowercase_hex", "signature_base64"};
    const char *signer = text_of(test, "signer");
    antom_client *client = offline_client(other(signer), signer, text_of(test, "client_id"));
    size_t i;
    EXPECT(verify(client, test, text_of(test, "header_value_sdk_style")) == ANTOM_OK);
    EXPECT(verify(client, test, text_of(test, "header_value_docs_style")) == ANTOM_OK);
    for (i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        char header[1000];
        snprintf(header, sizeof header, "algorithm=RSA256,keyVersion=1,signature=%s",
                 text_of(test, signatures[i]));
        EXPECT(verify(client, test, header) == ANTOM_OK);
    }
    antom_client_free(client);
}

static void any_other_value_is_refused(const cJSON *test) {
    const char *signer = text_of(test, "signer");
    antom_client *client = offline_client(other(signer), signer, text_of(test, "client_id"));
    const char *header = text_of(test, "header_value_sdk_style");
    const char *body = text_of(test, "body");
    size_t length = strlen(body);
    const char *good[4];
    int changed;
    good[0] = text_of(test, "method");
    good[1] = text_of(test, "path");
    good[2] = text_of(test, "time");
    good[3] = header;
    for (changed = 0; changed < 4; changed++) {
        static const char *const wrong[] = {"GET", "/other", "1", "algorithm=RSA256"};
        const char *parts[4];
        antom_error *error = NULL;
        antom_status status;
        memcpy(parts, good, sizeof parts);
        parts[changed] = wrong[changed];
        status = antom_client_verify(client, parts[0], parts[1], parts[2], body, length, parts[3],
                                     &error);
        EXPECT(status == ANTOM_ERR_UNTRUSTED_RESPONSE);
        EXPECT_TEXT(antom_error_kind_name(error), "UntrustedResponse");
        antom_error_free(error);
    }
    /* A NUL byte at the end of the body, which is in memory anyway. */
    EXPECT(antom_client_verify(client, good[0], good[1], good[2], body, length + 1, header, NULL) ==
           ANTOM_ERR_UNTRUSTED_RESPONSE);
    antom_client_free(client);
}

static void a_body_is_any_bytes(void) {
    static const char bodies[][4] = {{0, 0, 0, 0}, {'a', 0, 'b', 0}, {'\xff', '\xfe', 0, '\x80'}};
    antom_client *signer = offline_client("merchant", "gateway", "SANDBOX_5X00000000000000");
    antom_client *verifier = offline_client("gateway", "merchant", "SANDBOX_5X00000000000000");
    size_t i, length;
    for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        for (length = 0; length <= sizeof bodies[0]; length++) {
            antom_signature *signature = NULL;
            EXPECT(antom_client_sign(signer, "POST", "/", "1", bodies[i], length, &signature,
                                     NULL) == ANTOM_OK);
            EXPECT(antom_client_verify(verifier, "POST", "/", "1", bodies[i], length,
                                       antom_signature_header(signature), NULL) == ANTOM_OK);
            antom_signature_free(signature);
        }
    }
    antom_client_free(signer);
    antom_client_free(verifier);
}

/* ---- why one does not verify --------------------------------------------- */

static const char client_id[] = "SANDBOX_5X00000000000000";
static const char live_path[] = "/ams/api/v1/x";

/* What the client says of a POST of "{}" that is signed as this header says. */
static antom_diagnosis *diagnose(const antom_client *client, int32_t from_merchant,
                                 const char *path, const char *header) {
    antom_diagnosis *diagnosis = NULL;
    antom_error *error = NULL;
    if (antom_client_diagnose(client, from_merchant, "POST", path, client_id, "1", "{}", 2, header,
                              &diagnosis, &error) != ANTOM_OK) {
        fail("%s", antom_error_message(error));
    }
    antom_error_free(error);
    return diagnosis;
}

static void expect_cause(antom_diagnosis *diagnosis, const char *cause) {
    EXPECT_TEXT(antom_diagnosis_cause(diagnosis), cause);
    EXPECT((antom_diagnosis_what(diagnosis)[0] != '\0') == (cause != NULL));
    EXPECT((antom_diagnosis_fix(diagnosis)[0] != '\0') == (cause != NULL));
    antom_diagnosis_free(diagnosis);
}

static void the_doctor_says_why_a_signature_does_not_verify(void) {
    antom_client *merchant = offline_client("merchant", "gateway", client_id);
    antom_client *antom = offline_client("gateway", "merchant", client_id);
    antom_client *stranger = offline_client("merchant", "stranger", client_id);
    antom_signature *request = NULL;
    antom_signature *answer = NULL;
    antom_diagnosis *diagnosis;
    const char *header;
    EXPECT(antom_client_sign(merchant, "POST", live_path, "1", "{}", 2, &request, NULL) ==
           ANTOM_OK);
    EXPECT(antom_client_sign(antom, "POST", live_path, "1", "{}", 2, &answer, NULL) == ANTOM_OK);

    header = antom_signature_header(request);
    expect_cause(diagnose(merchant, 1, live_path, header), NULL);
    expect_cause(diagnose(merchant, 1, "/ams/sandbox/api/v1/x", header), "path_sandbox");
    expect_cause(diagnose(merchant, 0, live_path, header), "other_key");
    /* Seen from the other side. */
    expect_cause(diagnose(antom, 0, live_path, header), NULL);
    header = antom_signature_header(answer);
    expect_cause(diagnose(merchant, 0, live_path, header), NULL);
    expect_cause(diagnose(merchant, 1, live_path, header), "other_key");
    expect_cause(diagnose(stranger, 0, live_path, header), "unknown_key");
    expect_cause(diagnose(merchant, 0, live_path, "algorithm=RSA256"), "signature_missing");
    expect_cause(diagnose(merchant, 0, live_path, "signature"), "header_malformed");

    diagnosis = diagnose(merchant, 0, "/other", header);
    EXPECT_TEXT(antom_diagnosis_string_to_sign(diagnosis),
                "POST /other\nSANDBOX_5X00000000000000.1.{}");
    EXPECT(antom_diagnosis_string_to_sign_len(diagnosis) ==
           strlen(antom_diagnosis_string_to_sign(diagnosis)));
    EXPECT(antom_diagnosis_cause(diagnosis) != NULL);
    antom_diagnosis_free(diagnosis);
    antom_signature_free(request);
    antom_signature_free(answer);
    antom_client_free(merchant);
    antom_client_free(antom);
    antom_client_free(stranger);
}

static void the_string_to_sign_holds_any_bytes(void) {
    antom_client *client = offline_client("merchant", "gateway", client_id);
    antom_diagnosis *diagnosis = NULL;
    EXPECT(antom_client_diagnose(client, 0, "POST", "/", "x", "1", "a\0b", 3, "", &diagnosis,
                                 NULL) == ANTOM_OK);
    EXPECT(antom_diagnosis_string_to_sign_len(diagnosis) == strlen("POST /\nx.1.") + 3);
    EXPECT(memcmp(antom_diagnosis_string_to_sign(diagnosis), "POST /\nx.1.a\0b", 15) == 0);
    antom_diagnosis_free(diagnosis);
    antom_client_free(client);
}

static size_t never_signs(void *context, const char *content, size_t content_len,
                          const uint8_t *sha256, uint8_t *signature, size_t signature_size) {
    (void)context, (void)content, (void)content_len, (void)sha256, (void)signature;
    (void)signature_size;
    return 0;
}

static void a_signer_without_public_key_cannot_be_diagnosed(void) {
    antom_options *options = antom_options_new();
    size_t length;
    char *key = key_bytes("gateway", "public_spki_der_b64", &length);
    antom_client *client;
    antom_diagnosis *diagnosis = NULL;
    antom_options_set_client_id(options, client_id);
    antom_options_set_signer(options, never_signs, NULL);
    antom_options_set_antom_public_key(options, key, length);
    antom_options_set_endpoint(options, "http://127.0.0.1:1");
    client = client_of(options);
    EXPECT(antom_client_diagnose(client, 1, "POST", "/", "x", "1", "", 0, "", &diagnosis, NULL) ==
           ANTOM_ERR_CONFIG);
    EXPECT(diagnosis == NULL);
    expect_cause(diagnose(client, 0, "/", ""), "header_malformed");
    free(key);
    antom_client_free(client);
}

int main(void) {
    const cJSON *test;
    cJSON_ArrayForEach(test, cJSON_GetObjectItemCaseSensitive(vectors(), "cases")) {
        const char *name = text_of(test, "name");
        begin("signatures/%s/what_is_signed_is_what_the_vendor_signs", name);
        what_is_signed_is_what_the_vendor_signs(test);
        begin("signatures/%s/every_written_form_verifies", name);
        every_written_form_verifies(test);
        begin("signatures/%s/any_other_value_is_refused", name);
        any_other_value_is_refused(test);
    }
    begin("signatures/a_body_is_any_bytes");
    a_body_is_any_bytes();
    begin("signatures/the_doctor_says_why_a_signature_does_not_verify");
    the_doctor_says_why_a_signature_does_not_verify();
    begin("signatures/the_string_to_sign_holds_any_bytes");
    the_string_to_sign_holds_any_bytes();
    begin("signatures/a_signer_without_public_key_cannot_be_diagnosed");
    a_signer_without_public_key_cannot_be_diagnosed();
    return finish();
}
