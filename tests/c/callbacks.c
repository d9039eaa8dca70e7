/* Functions of the caller's that the library calls: the signer and the observer. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a signer ------------------------------------------------------------ */

enum manner {
    GOOD,
    FAILS,
    RUBBISH,
    TOO_LONG,
    LAST_BYTE_WRONG,
    CALLS_ITS_CLIENT,
    CLOSES_ITS_CLIENT
};

struct signer {
    enum manner manner;
    /* Whose key it signs with. */
    const char *owner;
    /* The one that calls it. */
    const antom_client *client;
    int depth;
    antom_status inner;
    int calls;
};

/* The bytes of a signature header's last part, to be freed. */
static char *bytes_of(const char *header, size_t *length_out) {
    const char *read = strstr(header, "signature=") + strlen("signature=");
    char *text = malloc(strlen(read) + 1);
    char *write = text;
    char *bytes;
    unsigned code;
    while (*read != '\0') {
        if (*read == '%' && sscanf(read + 1, "%2x", &code) == 1) {
            *write++ = (char)code;
            read += 3;
        } else {
            *write++ = *read++;
        }
    }
    *write = '\0';
    bytes = from_base64(text, length_out);
    free(text);
    return bytes;
}

/* Signs as another program would: through a client of its own, which it makes from what is to be
 * signed, METHOD PATH, a line's end, CLIENT-ID.TIME.BODY. */
static size_t sign_through_another_client(const char *owner, const char *content,
                                          size_t content_len, uint8_t *signature) {
    char *copy = malloc(content_len + 1);
    char *method, *path, *client_id, *time, *body;
    antom_client *other;
    antom_signature *made = NULL;
    char *bytes;
    size_t length;
    memcpy(copy, content, content_len);
    copy[content_len] = '\0';
    method = copy;
    path = strchr(method, ' ');
    *path++ = '\0';
    client_id = strchr(path, '\n');
    *client_id++ = '\0';
    time = strchr(client_id, '.');
    *time++ = '\0';
    body = strchr(time, '.');
    *body++ = '\0';
    other = offline_client(owner, "stranger", client_id);
    if (antom_client_sign(other, method, path, time, body, content_len - (size_t)(body - copy),
                          &made, NULL) != ANTOM_OK) {
        die("cannot sign");
    }
    bytes = bytes_of(antom_signature_header(made), &length);
    memcpy(signature, bytes, length);
    free(bytes);
    free(copy);
    antom_signature_free(made);
    antom_client_free(other);
    return length;
}

static size_t sign(void *context, const char *content, size_t content_len, const uint8_t *sha256,
                   uint8_t *signature, size_t signature_size) {
    struct signer *signer = context;
    size_t length;
    size_t i;
    int sum = 0;
    signer->calls++;
    for (i = 0; i < 32; i++) {
        sum += sha256[i];
    }
    EXPECT(sum > 0);
    EXPECT(signature_size >= 512);
    switch (signer->manner) {
    case FAILS:
        return 0;
    case RUBBISH:
        memset(signature, 'x', signature_size);
        return 256;
    case TOO_LONG:
        return signature_size + 1;
    case LAST_BYTE_WRONG:
        length = sign_through_another_client(signer->owner, content, content_len, signature);
        signature[length - 1] ^= 1;
        return length;
    case CALLS_ITS_CLIENT:
        if (signer->client != NULL && signer->depth == 0) {
            antom_vaulting_session *session = NULL;
            signer->depth++;
            signer->inner = create(signer->client, NULL, &session, NULL);
            antom_vaulting_session_free(session);
            signer->depth--;
        }
        break;
    case CLOSES_ITS_CLIENT:
        antom_client_close(signer->client);
        break;
    case GOOD:
        break;
    }
    return sign_through_another_client(signer->owner, content, content_len, signature);
}

static struct signer signer_of(enum manner manner) {
    struct signer signer;
    memset(&signer, 0, sizeof signer);
    signer.manner = manner;
    signer.owner = "merchant";
    signer.inner = -1;
    return signer;
}

/* The test gateway's options, with the signer in place of the key. */
static antom_options *options_with(struct signer *signer) {
    antom_options *options = antom_options_new();
    antom_options_set_client_id(options, setting("client_id"));
    antom_options_set_antom_public_key_path(options, setting("antom_public_key_path"));
    antom_options_set_ca_certificate_path(options, setting("ca_certificate_path"));
    antom_options_set_endpoint(options, setting("endpoint"));
    EXPECT(antom_options_set_signer(options, sign, signer) == ANTOM_OK);
    return options;
}

/* The same, with the public key that its signatures are checked with. */
static antom_options *checked_options_with(struct signer *signer) {
    antom_options *options = options_with(signer);
    size_t length;
    char *key = key_bytes("merchant", "public_spki_der_b64", &length);
    EXPECT(antom_options_set_signer_public_key(options, key, length) == ANTOM_OK);
    free(key);
    return options;
}

static void a_signer_signs_every_attempt(void) {
    struct signer signer = signer_of(GOOD);
    antom_client *client = client_of(options_with(&signer));
    antom_vaulting_session *session = NULL;
    EXPECT(signer.calls == 0);
    EXPECT(create(client, "http_503_is_tried_again", &session, NULL) == ANTOM_OK);
    EXPECT(signer.calls == 2);
    antom_vaulting_session_free(session);
    antom_client_free(client);
}

static void a_signer_is_tried_once_where_its_public_key_is_known(void) {
    struct signer signer = signer_of(GOOD);
    antom_client *client = client_of(checked_options_with(&signer));
    EXPECT(signer.calls == 1);
    EXPECT(connection_of(client) >= 0);
    EXPECT(signer.calls == 2);
    antom_client_free(client);
}

/* The client is not made, and the message says why. */
static void expect_no_client(enum manner manner, const char *owner, const char *why) {
    struct signer signer = signer_of(manner);
    antom_options *options = checked_options_with(&signer);
    antom_client *client = NULL;
    antom_error *error = NULL;
    signer.owner = owner;
    EXPECT(antom_client_new(options, &client, &error) == ANTOM_ERR_CONFIG);
    if (strstr(antom_error_message(error), why) == NULL) {
        fail("expected \"%s\" in \"%s\"", why, antom_error_message(error));
    }
    EXPECT(client == NULL);
    antom_error_free(error);
    antom_options_free(options);
}

static void a_bad_signer_is_found_when_the_client_is_made(void) {
    expect_no_client(FAILS, "merchant", "signer: it failed");
    expect_no_client(TOO_LONG, "merchant", "signer: it failed");
    expect_no_client(RUBBISH, "merchant", "do not fit the merchant's public key");
    expect_no_client(LAST_BYTE_WRONG, "merchant", "do not fit the merchant's public key");
    expect_no_client(GOOD, "gateway", "do not fit the merchant's public key");
}

static void a_signer_that_fails_sends_nothing(void) {
    static const enum manner manners[] = {FAILS, TOO_LONG};
    size_t i;
    for (i = 0; i < 2; i++) {
        struct signer signer = signer_of(manners[i]);
        antom_client *client = client_of(options_with(&signer));
        antom_vaulting_session *session = NULL;
        antom_signature *signature = NULL;
        antom_error *error = NULL;
        EXPECT(create(client, "1", &session, &error) == ANTOM_ERR_SIGNING);
        EXPECT(antom_error_attempts(error) <= 1);
        EXPECT_TEXT(antom_error_request_id(error), "1");
        EXPECT(session == NULL);
        EXPECT(signer.calls == 1);
        antom_error_free(error);
        error = NULL;
        EXPECT(antom_client_sign(client, "POST", "/", "1", NULL, 0, &signature, &error) ==
               ANTOM_ERR_SIGNING);
        EXPECT(signature == NULL);
        antom_error_free(error);
        antom_client_free(client);
    }
}

/* Without its public key nobody but the gateway can tell. */
static void a_signer_that_returns_rubbish_is_refused_by_the_gateway(void) {
    struct signer signer = signer_of(RUBBISH);
    antom_client *client = client_of(options_with(&signer));
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    EXPECT(create(client, NULL, &session, &error) == ANTOM_ERR_API);
    EXPECT_TEXT(antom_error_result_code(error), "INVALID_SIGNATURE");
    EXPECT(session == NULL);
    antom_error_free(error);
    antom_client_free(client);
}

static void a_signer_may_call_its_own_client(void) {
    struct signer signer = signer_of(CALLS_ITS_CLIENT);
    antom_client *client = client_of(options_with(&signer));
    antom_vaulting_session *session = NULL;
    signer.client = client;
    EXPECT(create(client, NULL, &session, NULL) == ANTOM_OK);
    EXPECT(signer.inner == ANTOM_OK);
    EXPECT(signer.calls == 2);
    antom_vaulting_session_free(session);
    antom_client_free(client);
}

static void a_signer_may_close_its_own_client(void) {
    struct signer signer = signer_of(CLOSES_ITS_CLIENT);
    antom_client *client = client_of(options_with(&signer));
    antom_vaulting_session *session = NULL;
    signer.client = client;
    EXPECT(create(client, NULL, &session, NULL) == ANTOM_ERR_CLOSED);
    EXPECT(session == NULL && signer.calls == 1);
    antom_client_free(client);
}

static void a_client_with_callbacks_is_never_shared(void) {
    struct signer signer = signer_of(GOOD);
    antom_options *options = options_with(&signer);
    antom_client *client = NULL;
    antom_error *error = NULL;
    antom_options_set_shared(options, 1);
    EXPECT(antom_client_new(options, &client, &error) == ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(client == NULL);
    antom_error_free(error);
    antom_options_free(options);
}

/* ---- signatures between two calls ---------------------------------------- */

static antom_options *options_by_hand(int has_public_key) {
    struct signer none = signer_of(GOOD);
    antom_options *options = has_public_key ? checked_options_with(&none) : options_with(&none);
    EXPECT(antom_options_set_signer(options, NULL, NULL) == ANTOM_OK);
    EXPECT(antom_options_set_shared(options, 1) == ANTOM_OK);
    return options;
}

/* The error of a call that waits for a signature. */
static antom_error *awaits_signature(const antom_client *client, const char *request_id) {
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    EXPECT(create(client, request_id, &session, &error) == ANTOM_ERR_SIGNING);
    EXPECT(session == NULL && antom_error_attempts(error) == 0);
    EXPECT(strstr(antom_error_message(error), "sign the string to sign") != NULL);
    EXPECT(strstr(antom_error_message(error), "paymentMethodType") == NULL);
    EXPECT(strstr(antom_error_string_to_sign(error), "paymentMethodType") != NULL);
    return error;
}

/* Signs what the error asks for, with the key of this owner. */
static antom_status with_signature(const antom_client *client, const antom_error *asked,
                                   const char *owner, antom_client **signed_out,
                                   antom_error **error_out) {
    const char *string = antom_error_string_to_sign(asked);
    uint8_t signature[512];
    size_t length = sign_through_another_client(owner, string, strlen(string), signature);
    return antom_client_with_signature(client, string, (const char *)signature, length, signed_out,
                                       error_out);
}

static void a_signature_made_by_hand_serves_its_call(void) {
    antom_client *client = client_of(options_by_hand(1));
    antom_client *once = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *asked = awaits_signature(client, NULL);
    EXPECT(with_signature(client, asked, "merchant", &once, NULL) == ANTOM_OK);
    EXPECT(create(once, antom_error_request_id(asked), &session, NULL) == ANTOM_OK);
    antom_vaulting_session_free(session);
    antom_error_free(asked);
    antom_client_free(once);
    antom_client_free(client);
}

static void a_signature_made_by_hand_serves_no_other_call(void) {
    antom_client *client = client_of(options_by_hand(0));
    antom_client *once = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *asked = awaits_signature(client, NULL);
    antom_error *error = NULL;
    EXPECT(with_signature(client, asked, "merchant", &once, NULL) == ANTOM_OK);
    EXPECT(create(once, NULL, &session, &error) == ANTOM_ERR_SIGNING);
    EXPECT(strstr(antom_error_message(error), "for another request") != NULL);
    EXPECT(antom_error_string_to_sign(error) == NULL && antom_error_attempts(error) == 0);
    EXPECT(create(once, antom_error_request_id(asked), &session, NULL) == ANTOM_OK);
    antom_vaulting_session_free(session);
    antom_error_free(error);
    antom_error_free(asked);
    antom_client_free(once);
    antom_client_free(client);
}

static void a_wrong_signature_made_by_hand_is_refused(void) {
    antom_client *knows_its_key = client_of(options_by_hand(1));
    antom_client *does_not = client_of(options_by_hand(0));
    antom_client *once = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *asked = awaits_signature(knows_its_key, NULL);
    antom_error *error = NULL;
    EXPECT(with_signature(knows_its_key, asked, "gateway", &once, &error) == ANTOM_ERR_SIGNING);
    EXPECT(strstr(antom_error_message(error), "does not fit the merchant's public key") != NULL);
    EXPECT(once == NULL);
    antom_error_free(error);
    error = NULL;
    EXPECT(with_signature(does_not, asked, "gateway", &once, NULL) == ANTOM_OK);
    EXPECT(create(once, antom_error_request_id(asked), &session, &error) == ANTOM_ERR_API);
    EXPECT_TEXT(antom_error_result_code(error), "INVALID_SIGNATURE");
    antom_error_free(error);
    antom_error_free(asked);
    antom_client_free(once);
    antom_client_free(does_not);
    antom_client_free(knows_its_key);
}

/* ---- an observer --------------------------------------------------------- */

enum { MOST_EVENTS = 16 };

struct notes {
    antom_event events[MOST_EVENTS];
    char paths[MOST_EVENTS][100];
    char request_ids[MOST_EVENTS][100];
    char result_codes[MOST_EVENTS][100];
    pthread_t threads[MOST_EVENTS];
    int count;
};

static void copy(char *to, const char *text) {
    snprintf(to, 100, "%s", text == NULL ? "NULL" : text);
}

static void note(void *context, const antom_event *event) {
    struct notes *notes = context;
    int i = notes->count;
    if (i == MOST_EVENTS) {
        die("too many events");
    }
    notes->count++;
    notes->events[i] = *event;
    notes->threads[i] = pthread_self();
    copy(notes->paths[i], event->path);
    copy(notes->request_ids[i], event->request_id);
    copy(notes->result_codes[i], event->result_code);
}

static antom_client *observed_client(struct notes *notes) {
    antom_options *options = gateway_options();
    memset(notes, 0, sizeof *notes);
    EXPECT(antom_options_set_observer(options, note, notes) == ANTOM_OK);
    return client_of(options);
}

/* What every event of a call has. */
static void expect_events(const struct notes *notes, int count, const char *path,
                          const char *request_id) {
    int i;
    if (notes->count != count) {
        fail("expected %d events, found %d", count, notes->count);
        return;
    }
    for (i = 0; i < count; i++) {
        int kind = i == 0           ? ANTOM_EVENT_BEGIN
                   : i == count - 1 ? ANTOM_EVENT_END
                                    : ANTOM_EVENT_ATTEMPT;
        EXPECT(notes->events[i].struct_size == sizeof(antom_event));
        EXPECT(notes->events[i].kind == kind);
        EXPECT(pthread_equal(notes->threads[i], pthread_self()));
        EXPECT_TEXT(notes->paths[i], path);
        EXPECT_TEXT(notes->request_ids[i], request_id);
    }
}

static const char create_path[] = "/ams/sandbox/api/v1/vaults/createVaultingSession";

static void an_observer_is_told_everything_in_order(void) {
    struct notes notes;
    antom_client *client = observed_client(&notes);
    const char *id = "http_503_is_tried_again";
    const antom_event *event = notes.events;
    antom_vaulting_session *session = NULL;
    EXPECT(create(client, id, &session, NULL) == ANTOM_OK);
    expect_events(&notes, 4, create_path, id);

    EXPECT(event->body_bytes ==
           strlen("{\"paymentMethodType\":\"CARD\",\"vaultingRequestId\":\"\"}") + strlen(id));
    EXPECT(event->attempts == 0 && event->status == 0 && event->http_status == 0);
    EXPECT(event->duration_us == 0 && event->sign_us == 0 && event->verify_us == 0);

    event++;
    EXPECT(event->attempts == 1 && event->status == ANTOM_ERR_OUTCOME_UNKNOWN);
    EXPECT(event->http_status == 503 && event->body_bytes == 0);
    EXPECT(event->connect_us > 0 && event->connect_us < event->duration_us);
    EXPECT(event->sign_us > 0);
    EXPECT(event->clock_skew_s == 0);
    EXPECT_TEXT(notes.result_codes[1], "NULL");

    event++;
    EXPECT(event->attempts == 2 && event->status == ANTOM_OK && event->http_status == 200);
    EXPECT(event->connect_us == 0);
    EXPECT(event->duration_us > 0 && event->sign_us > 0 && event->verify_us > 0);
    EXPECT(event->body_bytes == antom_vaulting_session_raw_len(session));
    EXPECT(event->clock_skew_s >= -2 && event->clock_skew_s <= 1);

    event++;
    EXPECT(event->attempts == 2 && event->status == ANTOM_OK);
    EXPECT(event->duration_us >= event[-1].duration_us + event[-2].duration_us);
    antom_vaulting_session_free(session);
    antom_client_free(client);
}

static void an_observer_is_told_of_a_failure(void) {
    struct notes notes;
    antom_client *client = observed_client(&notes);
    antom_vaulting *vaulting = NULL;
    EXPECT(antom_client_inquire_vaulting(client, "inquiry_never_arrived", NULL, &vaulting, NULL) ==
           ANTOM_ERR_API);
    expect_events(&notes, 3, "/ams/sandbox/api/v1/vaults/inquireVaulting", "inquiry_never_arrived");
    EXPECT(notes.events[1].status == ANTOM_ERR_API && notes.events[1].http_status == 200);
    EXPECT_TEXT(notes.result_codes[1], "VAULTING_NOT_EXIST");
    EXPECT(notes.events[2].status == ANTOM_ERR_API && notes.events[2].attempts == 1);
    antom_client_free(client);
}

static void an_observer_of_a_call_without_an_id_is_told_none(void) {
    struct notes notes;
    antom_client *client = observed_client(&notes);
    const char json[] = "{\"vaultingRequestId\":\"call_succeeded\"}";
    antom_answer *answer = NULL;
    EXPECT(antom_client_call(client, "/ams/api/v1/vaults/fetchNonce", json, strlen(json), 0,
                             &answer, NULL) == ANTOM_OK);
    expect_events(&notes, 3, "/ams/sandbox/api/v1/vaults/fetchNonce", "NULL");
    EXPECT(notes.events[0].request_id == NULL);
    antom_answer_free(answer);
    antom_client_free(client);
}

static void a_request_that_breaks_the_rules_is_no_call(void) {
    struct notes notes;
    antom_client *client = observed_client(&notes);
    antom_vaulting *vaulting = NULL;
    EXPECT(antom_client_inquire_vaulting(client, "", NULL, &vaulting, NULL) ==
           ANTOM_ERR_INVALID_REQUEST);
    EXPECT(notes.count == 0);
    antom_client_free(client);
}

static void an_observer_that_is_taken_away_is_told_nothing(void) {
    struct notes notes;
    antom_options *options = gateway_options();
    antom_client *client;
    memset(&notes, 0, sizeof notes);
    antom_options_set_observer(options, note, &notes);
    antom_options_set_observer(options, NULL, NULL);
    client = client_of(options);
    EXPECT(connection_of(client) >= 0);
    EXPECT(notes.count == 0);
    antom_client_free(client);
}

struct nested {
    const antom_client *client;
    int depth;
    antom_status inner;
};

static void call_from_within(void *context, const antom_event *event) {
    struct nested *nested = context;
    if (event->kind == ANTOM_EVENT_ATTEMPT && nested->depth == 0) {
        nested->depth++;
        nested->inner = connection_of(nested->client) >= 0 ? ANTOM_OK : -1;
        nested->depth--;
    }
}

static void an_observer_may_call_its_own_client(void) {
    struct nested nested = {NULL, 0, -1};
    antom_options *options = gateway_options();
    antom_client *client;
    antom_options_set_observer(options, call_from_within, &nested);
    client = client_of(options);
    nested.client = client;
    EXPECT(connection_of(client) >= 0);
    EXPECT(nested.inner == ANTOM_OK);
    antom_client_free(client);
}

#define RUN(test) (begin("callbacks/" #test), test())

int main(void) {
    RUN(a_signer_signs_every_attempt);
    RUN(a_signer_is_tried_once_where_its_public_key_is_known);
    RUN(a_bad_signer_is_found_when_the_client_is_made);
    RUN(a_signer_that_fails_sends_nothing);
    RUN(a_signer_that_returns_rubbish_is_refused_by_the_gateway);
    RUN(a_signer_may_call_its_own_client);
    RUN(a_signer_may_close_its_own_client);
    RUN(a_client_with_callbacks_is_never_shared);
    RUN(a_signature_made_by_hand_serves_its_call);
    RUN(a_signature_made_by_hand_serves_no_other_call);
    RUN(a_wrong_signature_made_by_hand_is_refused);
    RUN(an_observer_is_told_everything_in_order);
    RUN(an_observer_is_told_of_a_failure);
    RUN(an_observer_of_a_call_without_an_id_is_told_none);
    RUN(a_request_that_breaks_the_rules_is_no_call);
    RUN(an_observer_that_is_taken_away_is_told_nothing);
    RUN(an_observer_may_call_its_own_client);
    return finish();
}
