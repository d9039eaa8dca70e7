/* Notifications as a web server receives them, and repetitions of them. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char client_id[] = "SANDBOX_5X00000000000000";
static const char path[] = "/notify?shop=1";

#define CARD                                                                                       \
    "\"paymentMethodDetail\":{\"paymentMethodType\":\"CARD\",\"card\":{\"cardToken\":\"TOKEN==\"," \
    "\"brand\":\"VISA\",\"lastFour\":\"0768\",\"expiryMonth\":\"02\",\"expiryYear\":\"29\"}}"
#define RESULT(status, code)                                                                       \
    "\"result\":{\"resultStatus\":\"" status "\",\"resultCode\":\"" code                           \
    "\",\"resultMessage\":\"because\"}"

static const char succeeded[] =
    "{" RESULT("S", "SUCCESS") ",\"vaultingRequestId\":\"1\",\"vaultingStatus\":\"SUCCESS\"," CARD
                               "}";
static const char failed[] = "{" RESULT("F", "CARD_EXPIRED") ",\"vaultingRequestId\":\"1\"}";
static const char processing[] =
    "{" RESULT("U", "PAYMENT_IN_PROCESS") ",\"vaultingRequestId\":\"1\"}";
static const char about_a_payment[] = "{\"notifyType\":\"PAYMENT_RESULT\",\"paymentId\":\"9\"}";

/* The merchant, and Antom: who holds its private key signs as it does. */
static antom_client *merchant;
static antom_client *antom;

/* A notification that is right, and which a test may spoil. */
struct notification {
    const char *method;
    const char *path;
    const char *body;
    size_t body_len;
    antom_header headers[5];
    size_t header_count;
    char time[40];
    antom_signature *signature;
};

static void sign_as(struct notification *notification, const antom_client *signer) {
    antom_signature_free(notification->signature);
    notification->signature = NULL;
    if (antom_client_sign(signer, notification->method, notification->path, notification->time,
                          notification->body, notification->body_len, &notification->signature,
                          NULL) != ANTOM_OK) {
        die("cannot sign");
    }
    notification->headers[3].value = antom_signature_header(notification->signature);
}

static struct notification received(const char *body) {
    struct notification notification;
    memset(&notification, 0, sizeof notification);
    notification.method = "POST";
    notification.path = path;
    notification.body = body;
    notification.body_len = strlen(body);
    snprintf(notification.time, sizeof notification.time, "%ld000", (long)time(NULL));
    return notification;
}

/* The headers, in the order in which web servers give them: any. */
static void complete(struct notification *notification) {
    notification->headers[0].name = "content-type";
    notification->headers[0].value = "application/json";
    notification->headers[1].name = "client-id";
    notification->headers[1].value = client_id;
    notification->headers[2].name = "request-time";
    notification->headers[2].value = notification->time;
    notification->headers[3].name = "signature";
    notification->header_count = 4;
    sign_as(notification, antom);
}

static antom_status verify(const struct notification *notification, uint32_t tolerance_s,
                           antom_vaulting **vaulting_out, antom_error **error_out) {
    return antom_client_verify_notification(merchant, notification->method, notification->path,
                                            notification->headers, notification->header_count,
                                            notification->body, notification->body_len, tolerance_s,
                                            vaulting_out, error_out);
}

/* Verifies it, and forgets how it was signed. */
static antom_vaulting *read_notification(struct notification *notification) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    if (verify(notification, 0, &vaulting, &error) != ANTOM_OK) {
        fail("%s", antom_error_message(error));
    }
    antom_error_free(error);
    antom_signature_free(notification->signature);
    notification->signature = NULL;
    return vaulting;
}

static antom_vaulting *vaulting_of(const char *body) {
    struct notification notification = received(body);
    complete(&notification);
    return read_notification(&notification);
}

/* Nothing is handed out, and the message says why. */
static void expect_untrusted(struct notification *notification, const char *why) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    antom_status status = verify(notification, 0, &vaulting, &error);
    const char *message = antom_error_message(error);
    if (status != ANTOM_ERR_UNTRUSTED_NOTIFICATION || strstr(message, why) == NULL) {
        fail("expected \"%s\", found %ld and \"%s\"", why, (long)status, message);
    }
    EXPECT(vaulting == NULL);
    EXPECT(antom_error_retryable(error) == 0);
    EXPECT(strstr(message, "do not act on this notification") != NULL);
    antom_error_free(error);
    antom_signature_free(notification->signature);
    notification->signature = NULL;
}

/* ---- good ones ----------------------------------------------------------- */

static void a_notification_of_success_has_the_card(void) {
    antom_vaulting *vaulting = vaulting_of(succeeded);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_SUCCEEDED);
    EXPECT_TEXT(antom_vaulting_request_id(vaulting), "1");
    EXPECT_TEXT(antom_vaulting_card_token(vaulting), "TOKEN==");
    EXPECT_TEXT(antom_vaulting_card_brand(vaulting), "VISA");
    EXPECT_TEXT(antom_vaulting_raw(vaulting), succeeded);
    EXPECT(antom_vaulting_raw_len(vaulting) == strlen(succeeded));
    antom_vaulting_free(vaulting);
}

static void a_notification_of_failure_says_why(void) {
    antom_vaulting *vaulting = vaulting_of(failed);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_FAILED);
    EXPECT_TEXT(antom_vaulting_code(vaulting), "CARD_EXPIRED");
    EXPECT_TEXT(antom_vaulting_message(vaulting), "because");
    EXPECT(antom_vaulting_card_token(vaulting) == NULL);
    antom_vaulting_free(vaulting);
}

static void a_notification_of_something_else_is_unrelated(void) {
    antom_vaulting *vaulting = vaulting_of(about_a_payment);
    antom_replay_guard *guard = antom_replay_guard_new(10, 60);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_UNRELATED);
    EXPECT_TEXT(antom_vaulting_request_id(vaulting), "");
    EXPECT_TEXT(antom_vaulting_raw(vaulting), about_a_payment);
    EXPECT(antom_replay_guard_claim(guard, vaulting) == 0);
    antom_replay_guard_free(guard);
    antom_vaulting_free(vaulting);
}

static void headers_are_found_in_any_case_and_order(void) {
    struct notification notification = received(processing);
    antom_header first;
    antom_vaulting *vaulting;
    complete(&notification);
    notification.headers[1].name = "Client-Id";
    notification.headers[2].name = "REQUEST-TIME";
    notification.headers[3].name = "Signature";
    first = notification.headers[1];
    notification.headers[1] = notification.headers[3];
    notification.headers[3] = first;
    vaulting = read_notification(&notification);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_PROCESSING);
    antom_vaulting_free(vaulting);
}

/* ---- bad ones ------------------------------------------------------------ */

static void another_key_is_refused(void) {
    struct notification notification = received(succeeded);
    complete(&notification);
    sign_as(&notification, merchant);
    expect_untrusted(&notification, "merchant's own key");
}

static void another_body_or_path_is_refused(void) {
    struct notification notification = received(succeeded);
    complete(&notification);
    notification.body_len--;
    expect_untrusted(&notification, "signature is not valid");
    complete(&notification);
    notification.path = "/notify";
    expect_untrusted(&notification, "signature is not valid");
    complete(&notification);
    notification.method = "PUT";
    expect_untrusted(&notification, "signature is not valid");
}

static void another_client_id_is_refused(void) {
    struct notification notification = received(succeeded);
    complete(&notification);
    notification.headers[1].value = "SANDBOX_5Y00000000000000";
    expect_untrusted(&notification, "it is for another client id");
}

static void a_missing_header_is_refused(void) {
    struct notification notification = received(succeeded);
    complete(&notification);
    notification.header_count = 3;
    expect_untrusted(&notification, "it has no signature header");
    complete(&notification);
    notification.headers[2].name = "date";
    expect_untrusted(&notification, "it has no request-time header");
}

static void a_double_header_is_refused(void) {
    struct notification notification = received(succeeded);
    complete(&notification);
    notification.headers[4].name = "SIGNATURE";
    notification.headers[4].value = notification.headers[3].value;
    notification.header_count = 5;
    expect_untrusted(&notification, "it has more than one signature header");
}

static void a_notification_without_its_card_breaks_the_protocol(void) {
    struct notification notification = received("{" RESULT("S", "SUCCESS") ",\"vaultingRequestId\":"
                                                                           "\"1\"}");
    antom_vaulting *vaulting = NULL;
    complete(&notification);
    EXPECT(verify(&notification, 0, &vaulting, NULL) == ANTOM_ERR_PROTOCOL);
    EXPECT(vaulting == NULL);
    antom_signature_free(notification.signature);
}

static void the_tolerance_is_in_seconds_and_none_by_default(void) {
    struct notification notification = received(succeeded);
    antom_vaulting *vaulting = NULL;
    snprintf(notification.time, sizeof notification.time, "%ld000", (long)time(NULL) - 600);
    complete(&notification);
    EXPECT(verify(&notification, 1200, &vaulting, NULL) == ANTOM_OK);
    antom_vaulting_free(vaulting);
    vaulting = NULL;
    EXPECT(verify(&notification, 300, &vaulting, NULL) == ANTOM_ERR_UNTRUSTED_NOTIFICATION);
    EXPECT(vaulting == NULL);
    antom_vaulting_free(read_notification(&notification));
}

static void a_closed_client_still_verifies(void) {
    antom_client *open = merchant;
    merchant = offline_client("merchant", "gateway", client_id);
    antom_client_close(merchant);
    antom_vaulting_free(vaulting_of(succeeded));
    antom_client_free(merchant);
    merchant = open;
}

/* ---- repetitions --------------------------------------------------------- */

static void a_repetition_is_known_until_it_is_released(void) {
    antom_replay_guard *guard = antom_replay_guard_new(10, 86400);
    antom_vaulting *first = vaulting_of(succeeded);
    antom_vaulting *repeated = vaulting_of(succeeded);
    antom_vaulting *later = vaulting_of(processing);
    EXPECT(antom_replay_guard_claim(guard, first) == 1);
    EXPECT(antom_replay_guard_claim(guard, repeated) == 0);
    EXPECT(antom_replay_guard_claim(guard, later) == 1);
    antom_replay_guard_release(guard, repeated);
    EXPECT(antom_replay_guard_claim(guard, first) == 1);
    EXPECT(antom_replay_guard_claim(guard, first) == 0);
    antom_vaulting_free(first);
    EXPECT(antom_replay_guard_claim(guard, repeated) == 0);
    antom_vaulting_free(repeated);
    antom_vaulting_free(later);
    antom_replay_guard_free(guard);
}

static void a_full_guard_forgets_the_oldest(void) {
    antom_replay_guard *guard = antom_replay_guard_new(1, 86400);
    antom_vaulting *first = vaulting_of(succeeded);
    antom_vaulting *second = vaulting_of(failed);
    EXPECT(antom_replay_guard_claim(guard, first) == 1);
    EXPECT(antom_replay_guard_claim(guard, second) == 1);
    EXPECT(antom_replay_guard_claim(guard, first) == 1);
    antom_vaulting_free(first);
    antom_vaulting_free(second);
    antom_replay_guard_free(guard);
}

enum { CLAIMANTS = 8 };

struct claims {
    antom_replay_guard *guard;
    antom_vaulting *vaulting;
    pthread_barrier_t start;
};

static void *claim(void *context) {
    struct claims *claims = context;
    pthread_barrier_wait(&claims->start);
    return antom_replay_guard_claim(claims->guard, claims->vaulting) ? claims : NULL;
}

static void one_of_many_threads_gets_the_claim(void) {
    struct claims claims;
    pthread_t threads[CLAIMANTS];
    int won = 0;
    int i;
    claims.guard = antom_replay_guard_new(10, 60);
    claims.vaulting = vaulting_of(succeeded);
    pthread_barrier_init(&claims.start, NULL, CLAIMANTS);
    for (i = 0; i < CLAIMANTS; i++) {
        if (pthread_create(&threads[i], NULL, claim, &claims) != 0) {
            die("no thread");
        }
    }
    for (i = 0; i < CLAIMANTS; i++) {
        void *winner = NULL;
        pthread_join(threads[i], &winner);
        won += winner != NULL;
    }
    EXPECT(won == 1);
    pthread_barrier_destroy(&claims.start);
    antom_vaulting_free(claims.vaulting);
    antom_replay_guard_free(claims.guard);
}

#define RUN(test) (begin("notifications/" #test), test())

int main(void) {
    merchant = offline_client("merchant", "gateway", client_id);
    antom = offline_client("gateway", "merchant", client_id);
    RUN(a_notification_of_success_has_the_card);
    RUN(a_notification_of_failure_says_why);
    RUN(a_notification_of_something_else_is_unrelated);
    RUN(headers_are_found_in_any_case_and_order);
    RUN(another_key_is_refused);
    RUN(another_body_or_path_is_refused);
    RUN(another_client_id_is_refused);
    RUN(a_missing_header_is_refused);
    RUN(a_double_header_is_refused);
    RUN(a_notification_without_its_card_breaks_the_protocol);
    RUN(the_tolerance_is_in_seconds_and_none_by_default);
    RUN(a_closed_client_still_verifies);
    RUN(a_repetition_is_known_until_it_is_released);
    RUN(a_full_guard_forgets_the_oldest);
    RUN(one_of_many_threads_gets_the_claim);
    antom_client_free(merchant);
    antom_client_free(antom);
    return finish();
}
