/*
 * Runs the examples as a user does.
 *
 *   examples INQUIRY RECEIVER      the two programs; RECEIVER may be left out
 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a command prints, up to a limit, and how it ends. */
static int output_of(const char *command, char *output, size_t size) {
    FILE *pipe = popen(command, "r");
    size_t length;
    if (pipe == NULL) {
        die("cannot run %s", command);
    }
    length = fread(output, 1, size - 1, pipe);
    output[length] = '\0';
    return pclose(pipe);
}

static void expect_answer(const char *program, const char *id, const char *expected) {
    char command[1000];
    char output[1000];
    begin("examples/%s", id);
    snprintf(command, sizeof command, "%s %s", program, id);
    EXPECT(output_of(command, output, sizeof output) == 0);
    EXPECT_TEXT(output, expected);
}

static void inquiries(const char *program) {
    char command[1000];
    char output[1000];
    expect_answer(program, "inquiry_succeeded", "vaulted: VISA ending in 0768\n");
    expect_answer(program, "inquiry_failed", "failed: CARD_EXPIRED\n");
    expect_answer(program, "inquiry_processing",
                  "not finished; the buyer goes to: https://bank.example/3ds\n");
    expect_answer(program, "inquiry_never_arrived",
                  "never arrived: send it again with the same id\n");
    begin("examples/an_inquiry_without_an_id_fails");
    snprintf(command, sizeof command, "%s 2>&1", program);
    EXPECT(output_of(command, output, sizeof output) != 0);
    EXPECT(output[0] != '\0');
}

/* A notification of tests/vectors/signatures.json, in the variables of a CGI program. */
static void notifications(const char *program) {
    const cJSON *test;
    char command[2000];
    char output[1000];
    cJSON_ArrayForEach(test, cJSON_GetObjectItemCaseSensitive(vectors(), "cases")) {
        if (strcmp(text_of(test, "name"), "notification_path_with_query") == 0) {
            break;
        }
    }
    setenv("ANTOM_CLIENT_ID", text_of(test, "client_id"), 1);
    setenv("REQUEST_METHOD", text_of(test, "method"), 1);
    setenv("REQUEST_URI", text_of(test, "path"), 1);
    setenv("HTTP_CLIENT_ID", text_of(test, "client_id"), 1);
    setenv("HTTP_REQUEST_TIME", text_of(test, "time"), 1);
    setenv("HTTP_SIGNATURE", text_of(test, "header_value_sdk_style"), 1);
    setenv("BODY", text_of(test, "body"), 1);
    begin("examples/a_notification_is_acknowledged");
    snprintf(command, sizeof command, "printf %%s \"$BODY\" | %s 2>/dev/null", program);
    EXPECT(output_of(command, output, sizeof output) == 0);
    EXPECT(strstr(output, "Status: 200 OK\r\n") == output);
    EXPECT(strstr(output, antom_acknowledgement()) != NULL);
    begin("examples/another_body_is_a_bad_request");
    snprintf(command, sizeof command, "printf %%s \"$BODY \" | %s 2>/dev/null", program);
    EXPECT(output_of(command, output, sizeof output) == 0);
    EXPECT(strstr(output, "Status: 400 Bad Request\r\n") == output);
    begin("examples/a_notification_without_signature_is_a_bad_request");
    unsetenv("HTTP_SIGNATURE");
    EXPECT(output_of(command, output, sizeof output) == 0);
    EXPECT(strstr(output, "Status: 400 Bad Request\r\n") == output);
}

int main(int argc, char **argv) {
    setenv("ANTOM_CLIENT_ID", setting("client_id"), 1);
    setenv("ANTOM_PRIVATE_KEY_PATH", setting("private_key_path"), 1);
    setenv("ANTOM_PUBLIC_KEY_PATH", setting("antom_public_key_path"), 1);
    setenv("ANTOM_CA_CERTIFICATE_PATH", setting("ca_certificate_path"), 1);
    setenv("ANTOM_ENDPOINT", setting("endpoint"), 1);
    if (argc < 2) {
        die("which programs?");
    }
    inquiries(argv[1]);
    if (argc > 2) {
        notifications(argv[2]);
    }
    return finish();
}
