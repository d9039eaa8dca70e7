/* clang-format off */
/*
 * NULL for every pointer of every function, one by one. Generated from include/antom.h by
 * ffi-c/tests/header.rs: change it there. What else can be wrong with arguments is in arguments.c.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

static size_t sign(void *context, const char *content, size_t content_len, const uint8_t *sha256,
                   uint8_t *signature, size_t signature_size) {
    (void)context, (void)content, (void)content_len, (void)sha256, (void)signature;
    (void)signature_size;
    return 0;
}

static void observe(void *context, const antom_event *event) {
    (void)context, (void)event;
}

static void expect_empty(int line, const char *text) {
    if (text != NULL && text[0] != '\0') {
        fail("line %d: expected no text, found %s", line, text);
    }
}

/* Never written to, because every call is refused. */
static void *untouched;
#define UNTOUCHED ((void *)&untouched)

int main(void) {
    static const antom_header header = {"x", "x"};
    antom_client *client = offline_client("merchant", "gateway", "SANDBOX_5X00000000000000");
    antom_options *options = antom_options_new();
    antom_replay_guard *guard = antom_replay_guard_new(1, 1);
    antom_create_vaulting_session_request request;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
