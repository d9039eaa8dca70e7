#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char current[200];
static int current_failed;
static int failures;

static void end(void) {
    if (current[0] != '\0') {
        printf("%s %s\n", current_failed ? "FAIL" : "ok", current);
        fflush(stdout);
        failures += current_failed;
    }
    current[0] = '\0';
    current_failed = 0;
}

void begin(const char *format, ...) {
    va_list arguments;
    end();
    va_start(arguments, format);
    vsnprintf(current, sizeof current, format, arguments);
    va_end(arguments);
}

void fail(const char *format, ...) {
    va_list arguments;
    current_failed = 1;
    printf("   %s: ", current);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

int finish(void) {
    end();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void expect_text(int line, const char *found, const char *expected) {
    if (found == NULL || expected == NULL ? found != expected : strcmp(found, expected) != 0) {
        fail("line %d: expected %s, found %s", line, expected == NULL ? "NULL" : expected,
             found == NULL ? "NULL" : found);
    }
}

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    exit(2);
}

char *read_file(const char *path, size_t *length_out) {
    FILE *file = fopen(path, "rb");
    char *content = NULL;
    size_t length = 0;
    size_t got;
    if (file == NULL) {
        die("cannot open %s", path);
    }
    do {
        content = realloc(content, length + 65536 + 1);
        if (content == NULL) {
            die("no memory");
        }
        got = fread(content + length, 1, 65536, file);
        length += got;
    } while (got > 0);
    fclose(file);
    content[length] = '\0';
    if (length_out != NULL) {
        *length_out = length;
    }
    return content;
}

cJSON *read_json(const char *path) {
    char *content = read_file(path, NULL);
    cJSON *json = cJSON_Parse(content);
    if (json == NULL) {
        die("%s is not JSON", path);
    }
    free(content);
    return json;
}

char *from_base64(const char *text, size_t *length_out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *bytes = malloc(strlen(text) + 1);
    unsigned long buffer = 0;
    int bits = 0;
    size_t length = 0;
    if (bytes == NULL) {
        die("no memory");
    }
    for (; *text != '\0' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        if (digit == NULL) {
            die("not base64: %c", *text);
        }
        buffer = (buffer << 6 | (unsigned long)(digit - digits)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[length++] = (char)(buffer >> bits & 0xff);
        }
    }
    *length_out = length;
    return bytes;
}

const char *text_of(const cJSON *object, const char *member) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
    if (text == NULL) {
        die("there is no text named %s", member);
    }
    return text;
}

static cJSON *gateway_line;
static cJSON *vectors_file;

static void forget(void) {
    cJSON_Delete(gateway_line);
    cJSON_Delete(vectors_file);
}

static const cJSON *read_once(cJSON **json, const char *path) {
    static int registered;
    if (*json == NULL) {
        *json = read_json(path);
    }
    if (!registered) {
        registered = 1;
        atexit(forget);
    }
    return *json;
}

const cJSON *gateway(void) {
    const char *file = getenv("ANTOM_TEST_GATEWAY");
    if (file == NULL) {
        die("ANTOM_TEST_GATEWAY is not set: start this through tests/c/run");
    }
    return read_once(&gateway_line, file);
}

const cJSON *vectors(void) {
    return read_once(&vectors_file, "tests/vectors/signatures.json");
}

char *key_bytes(const char *owner, const char *form, size_t *length_out) {
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(vectors(), "keys");
    return from_base64(text_of(cJSON_GetObjectItemCaseSensitive(keys, owner), form), length_out);
}

const char *setting(const char *name) {
    return text_of(cJSON_GetObjectItemCaseSensitive(gateway(), "settings"), name);
}

const char *value(const char *name) {
    return text_of(cJSON_GetObjectItemCaseSensitive(gateway(), "values"), name);
}

antom_options *gateway_options(void) {
    antom_options *options = antom_options_new();
    antom_options_set_client_id(options, setting("client_id"));
    antom_options_set_private_key_path(options, setting("private_key_path"));
    antom_options_set_antom_public_key_path(options, setting("antom_public_key_path"));
    antom_options_set_ca_certificate_path(options, setting("ca_certificate_path"));
    antom_options_set_endpoint(options, setting("endpoint"));
    return options;
}

antom_client *client_of(antom_options *options) {
    antom_client *client = NULL;
    antom_error *error = NULL;
    if (antom_client_new(options, &client, &error) != ANTOM_OK) {
        die("no client: %s", antom_error_message(error));
    }
    antom_options_free(options);
    return client;
}

antom_client *gateway_client(const char *endpoint) {
    antom_options *options = gateway_options();
    if (endpoint != NULL) {
        antom_options_set_endpoint(options, endpoint);
    }
    return client_of(options);
}

antom_status create(const antom_client *client, const char *request_id,
                    antom_vaulting_session **session_out, antom_error **error_out) {
    antom_create_vaulting_session_request request;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.payment_method_type = "CARD";
    request.vaulting_request_id = request_id;
    return antom_client_create_vaulting_session(client, &request, session_out, error_out);
}

/* Not with cJSON, whose errors are a variable that threads share. */
int connection_of(const antom_client *client) {
    static const char name[] = "\"connection\":";
    antom_vaulting_session *session = NULL;
    int connection = -1;
    if (create(client, NULL, &session, NULL) == ANTOM_OK) {
        const char *member = strstr(antom_vaulting_session_raw(session), name);
        connection = member == NULL ? -1 : atoi(member + strlen(name));
    }
    antom_vaulting_session_free(session);
    return connection;
}

antom_client *offline_client(const char *own_key, const char *antom_key, const char *client_id) {
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(vectors(), "keys");
    antom_options *options = antom_options_new();
    const char *text;
    char *bytes;
    size_t length;
    /* One key as base64, the other as the bytes: both forms are in use. */
    text = text_of(cJSON_GetObjectItemCaseSensitive(keys, own_key), "private_pkcs8_der_b64");
    antom_options_set_private_key(options, text, strlen(text));
    bytes = key_bytes(antom_key, "public_spki_der_b64", &length);
    antom_options_set_antom_public_key(options, bytes, length);
    free(bytes);
    antom_options_set_client_id(options, client_id);
    antom_options_set_endpoint(options, "http://127.0.0.1:1");
    return client_of(options);
}
