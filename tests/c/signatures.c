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
        const char *value[4];
        antom_error *error = NULL;
        antom_status status;
        memcpy(value, good, sizeof value);
        value[changed] = wrong[changed];
        status = antom_client_verify(client, value[0], value[1], value[2], body, length, value[3],
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
    return finish();
}
