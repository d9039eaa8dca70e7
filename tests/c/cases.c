/*
 * Runs the cases that all languages share; tests/README.md says what they mean.
 *
 *   cases FILE...                    every case
 *   cases --but-timeouts FILE...     for slow tools: without those that set how long a call may take
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- settings ------------------------------------------------------------ */

/* Settings of which only one may be given. */
static const char *const forms[][3] = {
    {"private_key", "private_key_base64", "private_key_path"},
    {"antom_public_key", "antom_public_key_base64", "antom_public_key_path"},
    {"ca_certificate", "ca_certificate_path", NULL},
    {"endpoint", "region", NULL},
};

static void remove_other_forms(cJSON *settings, const char *name) {
    size_t i, j, k;
    for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (j = 0; j < 3 && forms[i][j] != NULL; j++) {
            if (strcmp(forms[i][j], name) == 0) {
                for (k = 0; k < 3 && forms[i][k] != NULL; k++) {
                    cJSON_DeleteItemFromObjectCaseSensitive(settings, forms[i][k]);
                }
            }
        }
    }
}

/* The gateway's settings with those of the case on top. */
static cJSON *settings_of(const cJSON *test) {
    cJSON *settings = cJSON_Duplicate(member(gateway(), "settings"), 1);
    const cJSON *setting;
    cJSON_ArrayForEach(setting, member(test, "settings")) {
        const char *text = cJSON_GetStringValue(setting);
        remove_other_forms(settings, setting->string);
        cJSON_DeleteItemFromObjectCaseSensitive(settings, setting->string);
        if (text != NULL && text[0] == '@') {
            text = text_of(member(gateway(), "values"), text + 1);
            cJSON_AddStringToObject(settings, setting->string, text);
        } else if (!cJSON_IsNull(setting)) {
            cJSON_AddItemToObject(settings, setting->string, cJSON_Duplicate(setting, 1));
        }
    }
    return settings;
}

static const struct {
    const char *name;
    antom_status (*set)(antom_options *, const char *);
} text_setters[] = {
    {"client_id", antom_options_set_client_id},
    {"private_key_path", antom_options_set_private_key_path},
    {"passphrase", antom_options_set_private_key_passphrase},
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
    antom_status (*set)(antom_options *, const char *, size_t);
} bytes_setters[] = {
    {"private_key", antom_options_set_private_key},
    {"antom_public_key", antom_options_set_antom_public_key},
    {"ca_certificate", antom_options_set_ca_certificate},
};

static const struct {
    const char *name;
    antom_status (*set)(antom_options *, uint32_t);
} number_setters[] = {
    {"connect_timeout_ms", antom_options_set_connect_timeout_ms},
    {"timeout_ms", antom_options_set_timeout_ms},
    {"max_retries", antom_options_set_max_retries},
};

static antom_status set(antom_options *options, const cJSON *setting) {
    const char *name = setting->string;
    const char *text = cJSON_GetStringValue(setting);
    size_t i;
    if (strcmp(name, "product") == 0 && text != NULL) {
        int32_t product = strcmp(text, "ams") == 0 ? ANTOM_PRODUCT_AMS : ANTOM_PRODUCT_APO;
        return antom_options_set_product(options, product);
    }
    for (i = 0; i < sizeof text_setters / sizeof text_setters[0]; i++) {
        if (strcmp(text_setters[i].name, name) == 0) {
            return text_setters[i].set(options, text);
        }
    }
    for (i = 0; i < sizeof bytes_setters / sizeof bytes_setters[0]; i++) {
        size_t length = strlen(bytes_setters[i].name);
        if (strcmp(bytes_setters[i].name, name) == 0) {
            return bytes_setters[i].set(options, text, strlen(text));
        }
        if (strncmp(bytes_setters[i].name, name, length) == 0 &&
            strcmp(name + length, "_base64") == 0) {
            size_t bytes_len;
            char *bytes = from_base64(text, &bytes_len);
            antom_status status = bytes_setters[i].set(options, bytes, bytes_len);
            free(bytes);
            return status;
        }
    }
    for (i = 0; i < sizeof number_setters / sizeof number_setters[0]; i++) {
        if (strcmp(number_setters[i].name, name) == 0) {
            return number_setters[i].set(options, (uint32_t)setting->valuedouble);
        }
    }
    die("this test does not know the setting %s", name);
    return ANTOM_ERR_INTERNAL;
}

static antom_options *options_of(const cJSON *settings) {
    antom_options *options = antom_options_new();
    const cJSON *setting;
    cJSON_ArrayForEach(setting, settings) {
        antom_status status = set(options, setting);
        if (status != ANTOM_OK) {
            fail("setting %s gives status %ld", setting->string, (long)status);
        }
    }
    return options;
}

/* ---- request ------------------------------------------------------------- */

/* The texts belong to the case. */
static antom_create_vaulting_session_request request_of(const cJSON *test) {
    antom_create_vaulting_session_request request;
    const cJSON *field;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.vaulting_request_id = text_of(test, "name");
    if (member(test, "request") == NULL) {
        request.payment_method_type = "CARD";
    }
    cJSON_ArrayForEach(field, member(test, "request")) {
        const char *text = cJSON_GetStringValue(field);
        if (strcmp(field->string, "paymentMethodType") == 0) {
            request.payment_method_type = text;
        } else if (strcmp(field->string, "vaultingRequestId") == 0) {
            request.vaulting_request_id = text;
        } else if (strcmp(field->string, "vaultingNotificationUrl") == 0) {
            request.vaulting_notification_url = text;
        } else if (strcmp(field->string, "redirectUrl") == 0) {
            request.redirect_url = text;
        } else if (strcmp(field->string, "passThroughMetadata") == 0) {
            request.pass_through_metadata = text;
        } else if (strcmp(field->string, "merchantRegion") == 0) {
            request.merchant_region = text;
        } else if (strcmp(field->string, "is3DSAuthentication") == 0) {
            request.is_3ds_authentication = cJSON_IsTrue(field) ? 1 : -1;
        } else {
            die("this test does not know the field %s", field->string);
        }
    }
    return request;
}

/* ---- outcome ------------------------------------------------------------- */

static void add_text(cJSON *object, const char *name, const char *text) {
    cJSON_AddItemToObject(object, name,
                          text == NULL ? cJSON_CreateNull() : cJSON_CreateString(text));
}

/* What came out, with the names of "expect". */
static cJSON *describe_error(antom_status status, const antom_error *error) {
    cJSON *found = cJSON_CreateObject();
    cJSON *violations;
    size_t i;
    int32_t http_status = antom_error_http_status(error);
    EXPECT(error != NULL);
    EXPECT(antom_error_kind(error) == status);
    add_text(found, "kind", antom_error_kind_name(error));
    add_text(found, "message", antom_error_message(error));
    add_text(found, "advice", antom_error_advice(error));
    cJSON_AddBoolToObject(found, "retryable", antom_error_retryable(error));
    add_text(found, "result_code", antom_error_result_code(error));
    cJSON_AddBoolToObject(found, "authenticated", antom_error_authenticated(error));
    cJSON_AddItemToObject(found, "http_status",
                          http_status == 0 ? cJSON_CreateNull() : cJSON_CreateNumber(http_status));
    cJSON_AddNumberToObject(found, "attempts", antom_error_attempts(error));
    add_text(found, "request_id", antom_error_request_id(error));
    violations = cJSON_AddArrayToObject(found, "violations");
    for (i = 0; i < antom_error_violation_count(error); i++) {
        EXPECT(antom_error_violation_problem(error, i)[0] != '\0');
        cJSON_AddItemToArray(violations, cJSON_CreateString(antom_error_violation_field(error, i)));
    }
    EXPECT(antom_error_violation_field(error, i) == NULL);
    EXPECT(antom_error_violation_problem(error, i) == NULL);
    EXPECT((antom_error_result_code(error) == NULL) == (antom_error_result_status(error) == NULL));
    return found;
}

static cJSON *describe_session(const antom_vaulting_session *session) {
    cJSON *found = cJSON_CreateObject();
    cJSON *raw = cJSON_Parse(antom_vaulting_session_raw(session));
    add_text(found, "kind", "Session");
    add_text(found, "request_id", antom_vaulting_session_request_id(session));
    add_text(found, "session_id", antom_vaulting_session_id(session));
    add_text(found, "data", antom_vaulting_session_data(session));
    add_text(found, "expires_at", antom_vaulting_session_expires_at(session));
    add_text(found, "normal_url", antom_vaulting_session_normal_url(session));
    EXPECT(antom_vaulting_session_data_len(session) == strlen(text_of(found, "data")));
    EXPECT(antom_vaulting_session_raw_len(session) == strlen(antom_vaulting_session_raw(session)));
    EXPECT_TEXT(cJSON_GetStringValue(member(raw, "vaultingSessionId")),
                antom_vaulting_session_id(session));
    cJSON_Delete(raw);
    return found;
}

static void compare(const cJSON *expect, const cJSON *found) {
    const cJSON *expected;
    cJSON_ArrayForEach(expected, expect) {
        const cJSON *actual = member(found, expected->string);
        const cJSON *part;
        if (cJSON_IsArray(expected) && cJSON_IsString(actual)) {
            cJSON_ArrayForEach(part, expected) {
                if (strstr(actual->valuestring, part->valuestring) == NULL) {
                    fail("%s lacks \"%s\": %s", expected->string, part->valuestring,
                         actual->valuestring);
                }
            }
        } else if (!cJSON_Compare(expected, actual, 1)) {
            char *printed[2];
            printed[0] = cJSON_PrintUnformatted(expected);
            printed[1] = cJSON_PrintUnformatted(actual);
            fail("%s: expected %s, found %s", expected->string, printed[0],
                 printed[1] == NULL ? "nothing" : printed[1]);
            free(printed[0]);
            free(printed[1]);
        }
    }
}

/* An error has a message of one line and an advice, and names no secret. */
static void check_texts(const cJSON *settings, const cJSON *found) {
    static const char *const secrets[] = {"private_key", "private_key_base64", "passphrase",
                                          "agent_token"};
    const char *message = text_of(found, "message");
    size_t i;
    EXPECT(message[0] != '\0' && strpbrk(message, "\r\n") == NULL);
    EXPECT(text_of(found, "advice")[0] != '\0');
    for (i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        const char *secret = cJSON_GetStringValue(member(settings, secrets[i]));
        EXPECT(secret == NULL || strlen(secret) < 4 || strstr(message, secret) == NULL);
    }
}

static void run(const cJSON *test) {
    cJSON *settings = settings_of(test);
    antom_options *options = options_of(settings);
    antom_create_vaulting_session_request request = request_of(test);
    antom_client *client = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    cJSON *found;
    antom_status status = antom_client_new(options, &client, &error);
    EXPECT((status == ANTOM_OK) == (client != NULL));
    if (status == ANTOM_OK) {
        status = antom_client_create_vaulting_session(client, &request, &session, &error);
        EXPECT((status == ANTOM_OK) == (session != NULL));
    }
    if (status == ANTOM_OK) {
        EXPECT(error == NULL);
        found = describe_session(session);
    } else {
        found = describe_error(status, error);
        check_texts(settings, found);
    }
    compare(member(test, "expect"), found);
    cJSON_Delete(found);
    cJSON_Delete(settings);
    antom_vaulting_session_free(session);
    antom_options_free(options);
    antom_client_free(client);
    antom_error_free(error);
}

static int is_for_c(const cJSON *test) {
    const cJSON *languages = member(test, "languages");
    const cJSON *language;
    cJSON_ArrayForEach(language, languages) {
        if (strcmp(language->valuestring, "c") == 0) {
            return 1;
        }
    }
    return languages == NULL;
}

int main(int argc, char **argv) {
    int but_timeouts = argc > 1 && strcmp(argv[1], "--but-timeouts") == 0;
    int i;
    for (i = 1 + but_timeouts; i < argc; i++) {
        cJSON *file = read_json(argv[i]);
        const cJSON *test;
        cJSON_ArrayForEach(test, member(file, "cases")) {
            int sets_timeout = member(member(test, "settings"), "timeout_ms") != NULL;
            if (is_for_c(test) && !(but_timeouts && sets_timeout)) {
                begin("cases/%s", text_of(test, "name"));
                run(test);
            }
        }
        cJSON_Delete(file);
    }
    return finish();
}
