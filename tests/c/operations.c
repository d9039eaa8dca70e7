/* What stands beside createVaultingSession: inquiries, recovery, cards, calls of other APIs, and limits. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char other_api[] = "/ams/api/v1/vaults/fetchNonce";

static antom_client *client;

/* ---- inquiries ----------------------------------------------------------- */

static antom_vaulting *inquire(const char *id) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    if (antom_client_inquire_vaulting(client, id, NULL, &vaulting, &error) != ANTOM_OK) {
        fail("%s: %s", id, antom_error_message(error));
    }
    antom_error_free(error);
    return vaulting;
}

/* A vaulting without a card. */
static void expect_no_card(const antom_vaulting *vaulting) {
    EXPECT(antom_vaulting_card_token(vaulting) == NULL);
    EXPECT(antom_vaulting_card_brand(vaulting) == NULL);
    EXPECT(antom_vaulting_card_last_four(vaulting) == NULL);
    EXPECT(antom_vaulting_card_expiry_month(vaulting) == NULL);
    EXPECT(antom_vaulting_card_expiry_year(vaulting) == NULL);
}

static void a_vaulting_that_succeeded_has_its_card(void) {
    antom_vaulting *vaulting = inquire("inquiry_succeeded");
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_SUCCEEDED);
    EXPECT_TEXT(antom_vaulting_request_id(vaulting), "inquiry_succeeded");
    EXPECT_TEXT(antom_vaulting_code(vaulting), "SUCCESS");
    EXPECT(antom_vaulting_message(vaulting) == NULL);
    EXPECT_TEXT(antom_vaulting_card_token(vaulting), "TOKEN+/==");
    EXPECT_TEXT(antom_vaulting_card_brand(vaulting), "VISA");
    EXPECT_TEXT(antom_vaulting_card_last_four(vaulting), "0768");
    EXPECT_TEXT(antom_vaulting_card_expiry_month(vaulting), "02");
    EXPECT_TEXT(antom_vaulting_card_expiry_year(vaulting), "29");
    EXPECT(antom_vaulting_next_url(vaulting) == NULL);
    EXPECT(strlen(antom_vaulting_response_time(vaulting)) == strlen("2026-08-17T11:00:00+08:00"));
    EXPECT(antom_vaulting_clock_skew_s(vaulting) >= -2);
    EXPECT(antom_vaulting_clock_skew_s(vaulting) <= 1);
    EXPECT(strstr(antom_vaulting_raw(vaulting), "\"metadata\":\"mine\"") != NULL);
    EXPECT(antom_vaulting_raw_len(vaulting) == strlen(antom_vaulting_raw(vaulting)));
    antom_vaulting_free(vaulting);
}

static void a_wallet_has_its_token(void) {
    antom_vaulting *vaulting = inquire("inquiry_succeeded_wallet");
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_SUCCEEDED);
    EXPECT_TEXT(antom_vaulting_card_token(vaulting), "WALLET==");
    EXPECT(antom_vaulting_card_brand(vaulting) == NULL);
    antom_vaulting_free(vaulting);
}

static void a_vaulting_that_failed_says_why(void) {
    antom_vaulting *vaulting = inquire("inquiry_failed");
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_FAILED);
    EXPECT_TEXT(antom_vaulting_request_id(vaulting), "inquiry_failed");
    EXPECT_TEXT(antom_vaulting_code(vaulting), "CARD_EXPIRED");
    EXPECT_TEXT(antom_vaulting_message(vaulting), "It expired.");
    expect_no_card(vaulting);
    antom_vaulting_free(vaulting);
}

static void a_vaulting_in_process_says_where_the_buyer_goes(void) {
    antom_vaulting *vaulting = inquire("inquiry_processing");
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_PROCESSING);
    EXPECT_TEXT(antom_vaulting_next_url(vaulting), "https://bank.example/3ds");
    EXPECT(antom_vaulting_code(vaulting) == NULL);
    expect_no_card(vaulting);
    antom_vaulting_free(vaulting);
}

static void a_new_status_is_neither_good_nor_bad(void) {
    antom_vaulting *vaulting = inquire("inquiry_of_a_new_status");
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_UNRECOGNISED);
    EXPECT_TEXT(antom_vaulting_code(vaulting), "PAUSED");
    expect_no_card(vaulting);
    antom_vaulting_free(vaulting);
}

static void an_inquiry_is_tried_again(void) {
    antom_vaulting *vaulting = inquire("inquiry_tried_again");
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_PROCESSING);
    antom_vaulting_free(vaulting);
}

static void an_inquiry_that_answers_another_question_is_refused(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(antom_client_inquire_vaulting(client, "inquiry_of_another_vaulting", NULL, &vaulting,
                                         &error) == ANTOM_ERR_PROTOCOL);
    EXPECT(vaulting == NULL);
    EXPECT_TEXT(antom_error_request_id(error), "inquiry_of_another_vaulting");
    antom_error_free(error);
}

static void an_account_of_the_other_product_is_a_violation(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(antom_client_inquire_vaulting(client, "inquiry_failed", "mine", &vaulting, &error) ==
           ANTOM_ERR_INVALID_REQUEST);
    EXPECT_TEXT(antom_error_violation_field(error, 0), "merchantAccountId");
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

static void a_vaulting_outlives_its_client(void) {
    antom_client *own = gateway_client(NULL);
    antom_vaulting *vaulting = NULL;
    EXPECT(antom_client_inquire_vaulting(own, "inquiry_failed", NULL, &vaulting, NULL) == ANTOM_OK);
    antom_client_free(own);
    EXPECT_TEXT(antom_vaulting_code(vaulting), "CARD_EXPIRED");
    antom_vaulting_free(vaulting);
}

/* ---- recovery ------------------------------------------------------------ */

static void recovery_of_a_known_vaulting(void) {
    antom_vaulting *vaulting = NULL;
    EXPECT(antom_client_recover(client, "inquiry_succeeded", &vaulting, NULL) == ANTOM_OK);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_SUCCEEDED);
    EXPECT_TEXT(antom_vaulting_card_token(vaulting), "TOKEN+/==");
    antom_vaulting_free(vaulting);
}

static void recovery_of_a_request_that_never_arrived(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(antom_client_recover(client, "inquiry_never_arrived", &vaulting, NULL) == ANTOM_OK);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_NEVER_ARRIVED);
    EXPECT_TEXT(antom_vaulting_request_id(vaulting), "inquiry_never_arrived");
    EXPECT_TEXT(antom_vaulting_raw(vaulting), "");
    EXPECT(antom_vaulting_raw_len(vaulting) == 0);
    expect_no_card(vaulting);
    antom_vaulting_free(vaulting);
    vaulting = NULL;
    EXPECT(antom_client_inquire_vaulting(client, "inquiry_never_arrived", NULL, &vaulting,
                                         &error) == ANTOM_ERR_API);
    EXPECT_TEXT(antom_error_result_code(error), "VAULTING_NOT_EXIST");
    EXPECT_TEXT(antom_error_result_status(error), "F");
    EXPECT_TEXT(antom_error_result_message(error), "There is no such vaulting.");
    EXPECT(antom_error_authenticated(error) == 1);
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

/* Nobody sends a card again on the word of an answer that anybody may have written. */
static void recovery_does_not_believe_an_unsigned_answer(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(antom_client_recover(client, "inquiry_never_arrived_unsigned", &vaulting, &error) ==
           ANTOM_ERR_API);
    EXPECT(antom_error_authenticated(error) == 0);
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

static void recovery_may_not_know_either(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(antom_client_recover(client, "inquiry_unavailable", &vaulting, &error) ==
           ANTOM_ERR_OUTCOME_UNKNOWN);
    EXPECT(antom_error_attempts(error) == 3);
    EXPECT(antom_error_http_status(error) == 503);
    EXPECT(antom_error_retryable(error) == 1);
    EXPECT_TEXT(antom_error_request_id(error), "inquiry_unavailable");
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

/* ---- cards --------------------------------------------------------------- */

static antom_status vault(const char *id, const char *card, antom_vaulting **vaulting_out,
                          antom_error **error_out) {
    char json[600];
    int length =
        snprintf(json, sizeof json,
                 "{\"vaultingRequestId\":\"%s\",\"redirectUrl\":\"https://shop.example/r\","
                 "\"vaultingNotificationUrl\":\"https://shop.example/n\","
                 "\"paymentMethodDetail\":{\"paymentMethodType\":\"CARD\",\"card\":%s},"
                 "\"env\":{\"terminalType\":\"WEB\"}}",
                 id, card);
    return antom_client_vault_payment_method(client, json, (size_t)length, vaulting_out, error_out);
}

static const char card[] = "{\"cardNo\":\"4054695723100768\",\"cvv\":\"987\"}";

static void a_card_is_vaulted(void) {
    antom_vaulting *vaulting = NULL;
    EXPECT(vault("card_vaulted", card, &vaulting, NULL) == ANTOM_OK);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_SUCCEEDED);
    EXPECT_TEXT(antom_vaulting_request_id(vaulting), "card_vaulted");
    EXPECT_TEXT(antom_vaulting_card_token(vaulting), "TOKEN+/==");
    EXPECT_TEXT(antom_vaulting_card_last_four(vaulting), "0768");
    EXPECT(strlen(antom_vaulting_response_time(vaulting)) == strlen("2026-08-17T11:00:00+08:00"));
    antom_vaulting_free(vaulting);
    vaulting = NULL;
    EXPECT(vault("card_in_process", card, &vaulting, NULL) == ANTOM_OK);
    EXPECT(antom_vaulting_outcome(vaulting) == ANTOM_OUTCOME_PROCESSING);
    EXPECT_TEXT(antom_vaulting_next_url(vaulting), "https://bank.example/3ds");
    antom_vaulting_free(vaulting);
}

static void a_card_that_is_refused_says_why(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(vault("card_refused", card, &vaulting, &error) == ANTOM_ERR_API);
    EXPECT_TEXT(antom_error_result_code(error), "CARD_EXPIRED");
    EXPECT_TEXT(antom_error_request_id(error), "card_refused");
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

static void a_card_is_never_sent_twice(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(vault("card_unavailable", card, &vaulting, &error) == ANTOM_ERR_OUTCOME_UNKNOWN);
    EXPECT(antom_error_attempts(error) == 1);
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

/* No text of an error holds the card's number. */
static void expect_no_card_in(const antom_error *error) {
    EXPECT(strstr(antom_error_message(error), "405469") == NULL);
    EXPECT(strstr(antom_error_advice(error), "405469") == NULL);
}

static void a_card_with_mistakes_is_not_sent_and_not_shown(void) {
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(vault("1", "{\"cardNumber\":\"4054695723100768\"}", &vaulting, &error) ==
           ANTOM_ERR_INVALID_ARGUMENT);
    EXPECT(strstr(antom_error_message(error), "paymentMethodDetail.card.cardNumber") != NULL);
    expect_no_card_in(error);
    antom_error_free(error);
    EXPECT(vault("1", "\"4054695723100768\"", &vaulting, &error) == ANTOM_ERR_INVALID_ARGUMENT);
    expect_no_card_in(error);
    antom_error_free(error);
    EXPECT(vault("1", "{\"cardNo\":\"40546957231007684054695723100768x\"}", &vaulting, &error) ==
           ANTOM_ERR_INVALID_REQUEST);
    EXPECT(antom_error_violation_count(error) == 1);
    EXPECT_TEXT(antom_error_violation_field(error, 0), "paymentMethodDetail.card.cardNo");
    expect_no_card_in(error);
    EXPECT(vaulting == NULL);
    antom_error_free(error);
}

/* ---- any other API ------------------------------------------------------- */

static antom_status call(const char *id, int32_t repeatable, antom_answer **answer_out,
                         antom_error **error_out) {
    char json[100];
    int length = snprintf(json, sizeof json, "{\"vaultingRequestId\":\"%s\"}", id);
    return antom_client_call(client, other_api, json, (size_t)length, repeatable, answer_out,
                             error_out);
}

static void a_call_gives_the_verified_answer(void) {
    antom_answer *answer = NULL;
    cJSON *json;
    EXPECT(call("call_succeeded", 0, &answer, NULL) == ANTOM_OK);
    json = cJSON_Parse(antom_answer_json(answer));
    EXPECT_TEXT(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "nonce")),
                "Zo\xc3\xab");
    EXPECT(antom_answer_json_len(answer) == strlen(antom_answer_json(answer)));
    EXPECT(strlen(antom_answer_response_time(answer)) == strlen("2026-08-17T11:00:00+08:00"));
    cJSON_Delete(json);
    antom_answer_free(answer);
}

static void a_call_that_is_refused_has_the_result(void) {
    antom_answer *answer = NULL;
    antom_error *error = NULL;
    EXPECT(call("call_failed", 0, &answer, &error) == ANTOM_ERR_API);
    EXPECT_TEXT(antom_error_result_code(error), "PARAM_ILLEGAL");
    EXPECT_TEXT(antom_error_kind_name(error), "Api");
    EXPECT(antom_error_authenticated(error) == 1);
    EXPECT(antom_error_request_id(error) == NULL);
    EXPECT(answer == NULL);
    antom_error_free(error);
}

static void a_call_with_an_untrusted_answer_fails(void) {
    antom_answer *answer = NULL;
    antom_error *error = NULL;
    EXPECT(call("call_untrusted", 1, &answer, &error) == ANTOM_ERR_UNTRUSTED_RESPONSE);
    EXPECT(antom_error_attempts(error) == 1);
    EXPECT(antom_error_result_code(error) == NULL);
    EXPECT(answer == NULL);
    antom_error_free(error);
}

static void only_a_repeatable_call_is_tried_again(void) {
    antom_answer *answer = NULL;
    antom_error *error = NULL;
    EXPECT(call("call_tried_again", 1, &answer, NULL) == ANTOM_OK);
    antom_answer_free(answer);
    answer = NULL;
    EXPECT(call("call_unavailable", 0, &answer, &error) == ANTOM_ERR_OUTCOME_UNKNOWN);
    EXPECT(antom_error_attempts(error) == 1);
    EXPECT(answer == NULL);
    antom_error_free(error);
}

/* ---- limits -------------------------------------------------------------- */

static void limits_share_the_connection(void) {
    antom_client *limited = NULL;
    int connection = connection_of(client);
    EXPECT(antom_client_with_limits(client, 5000, 0, &limited, NULL) == ANTOM_OK);
    EXPECT(connection >= 0 && connection_of(limited) == connection);
    antom_client_free(limited);
    EXPECT(connection_of(client) == connection);
}

static void limits_without_retries(void) {
    antom_client *limited = NULL;
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    EXPECT(antom_client_with_limits(client, 5000, 0, &limited, NULL) == ANTOM_OK);
    EXPECT(antom_client_inquire_vaulting(limited, "inquiry_unavailable", NULL, &vaulting, &error) ==
           ANTOM_ERR_OUTCOME_UNKNOWN);
    EXPECT(antom_error_attempts(error) == 1);
    antom_error_free(error);
    antom_client_free(limited);
}

/* The client itself would wait 30 s for the answer that never comes. */
static void limits_with_a_shorter_timeout(void) {
    antom_client *limited = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    time_t start = time(NULL);
    EXPECT(antom_client_with_limits(client, 2000, 0, &limited, NULL) == ANTOM_OK);
    EXPECT(create(limited, "silence_leaves_the_outcome_unknown", &session, &error) ==
           ANTOM_ERR_OUTCOME_UNKNOWN);
    EXPECT(time(NULL) - start < 10);
    EXPECT(session == NULL);
    antom_error_free(error);
    antom_client_free(limited);
}

static void limits_outlive_their_client_and_are_closed_with_it(void) {
    antom_client *own = gateway_client(NULL);
    antom_client *limited = NULL;
    antom_client *sibling = NULL;
    EXPECT(antom_client_with_limits(own, 5000, 0, &limited, NULL) == ANTOM_OK);
    EXPECT(antom_client_with_limits(limited, 5000, 0, &sibling, NULL) == ANTOM_OK);
    antom_client_free(own);
    EXPECT(connection_of(limited) >= 0);
    antom_client_close(sibling);
    EXPECT(create(limited, NULL, NULL, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
    {
        antom_vaulting_session *session = NULL;
        EXPECT(create(limited, NULL, &session, NULL) == ANTOM_ERR_CLOSED);
        EXPECT(session == NULL);
    }
    antom_client_free(sibling);
    antom_client_free(limited);
}

/* ---- options that judge answers ------------------------------------------ */

static void an_old_answer_shows_in_the_clock_skew(void) {
    antom_vaulting *vaulting = inquire("inquiry_of_long_ago");
    EXPECT_TEXT(antom_vaulting_response_time(vaulting), "2020-01-01T00:00:00+08:00");
    EXPECT(antom_vaulting_clock_skew_s(vaulting) < -100000000);
    antom_vaulting_free(vaulting);
}

static void a_session_says_when_it_was_answered(void) {
    antom_vaulting_session *session = NULL;
    EXPECT(create(client, NULL, &session, NULL) == ANTOM_OK);
    EXPECT(strlen(antom_vaulting_session_response_time(session)) ==
           strlen("2026-08-17T11:00:00+08:00"));
    EXPECT(antom_vaulting_session_clock_skew_s(session) >= -2);
    EXPECT(antom_vaulting_session_clock_skew_s(session) <= 1);
    antom_vaulting_session_free(session);
}

static antom_status inquire_with(antom_options *options, const char *id) {
    antom_client *own = client_of(options);
    antom_vaulting *vaulting = NULL;
    antom_status status = antom_client_inquire_vaulting(own, id, NULL, &vaulting, NULL);
    antom_vaulting_free(vaulting);
    antom_client_free(own);
    return status;
}

static void an_old_answer_is_refused_where_the_options_say_so(void) {
    antom_options *options = gateway_options();
    EXPECT(inquire_with(options, "inquiry_of_long_ago") == ANTOM_OK);
    options = gateway_options();
    antom_options_set_max_response_age_s(options, 60);
    EXPECT(inquire_with(options, "inquiry_of_long_ago") == ANTOM_ERR_UNTRUSTED_RESPONSE);
    options = gateway_options();
    antom_options_set_max_response_age_s(options, 60);
    EXPECT(inquire_with(options, "inquiry_processing") == ANTOM_OK);
}

/* Options with a wrong key for answers, and perhaps the right one for a keyVersion. */
static antom_options *options_with_keys(const char *version, const char *owner) {
    antom_options *options = gateway_options();
    size_t length;
    char *key = key_bytes("stranger", "public_spki_der_b64", &length);
    antom_options_set_antom_public_key(options, key, length);
    free(key);
    if (version != NULL) {
        key = key_bytes(owner, "public_spki_der_b64", &length);
        EXPECT(antom_options_add_antom_public_key(options, version, key, length) == ANTOM_OK);
        free(key);
    }
    return options;
}

/* The gateway's answers name keyVersion 1. */
static void the_key_is_chosen_by_the_key_version(void) {
    const antom_status refused = ANTOM_ERR_UNTRUSTED_RESPONSE;
    antom_options *options;
    EXPECT(inquire_with(options_with_keys(NULL, NULL), "inquiry_failed") == refused);
    EXPECT(inquire_with(options_with_keys("1", "gateway"), "inquiry_failed") == ANTOM_OK);
    EXPECT(inquire_with(options_with_keys("2", "gateway"), "inquiry_failed") == refused);
    EXPECT(inquire_with(options_with_keys("2", "gateway"), "inquiry_without_key_version") ==
           ANTOM_OK);
    /* Of two keys for one version the last one counts. */
    options = options_with_keys("1", "stranger");
    {
        size_t length;
        char *key = key_bytes("gateway", "public_spki_der_b64", &length);
        antom_options_add_antom_public_key(options, "1", key, length);
        free(key);
    }
    EXPECT(inquire_with(options, "inquiry_failed") == ANTOM_OK);
}

#define RUN(test) (begin("operations/" #test), test())

int main(void) {
    client = gateway_client(NULL);
    RUN(a_vaulting_that_succeeded_has_its_card);
    RUN(a_wallet_has_its_token);
    RUN(a_vaulting_that_failed_says_why);
    RUN(a_vaulting_in_process_says_where_the_buyer_goes);
    RUN(a_new_status_is_neither_good_nor_bad);
    RUN(an_inquiry_is_tried_again);
    RUN(an_inquiry_that_answers_another_question_is_refused);
    RUN(an_account_of_the_other_product_is_a_violation);
    RUN(a_vaulting_outlives_its_client);
    RUN(recovery_of_a_known_vaulting);
    RUN(recovery_of_a_request_that_never_arrived);
    RUN(recovery_does_not_believe_an_unsigned_answer);
    RUN(recovery_may_not_know_either);
    RUN(a_card_is_vaulted);
    RUN(a_card_that_is_refused_says_why);
    RUN(a_card_is_never_sent_twice);
    RUN(a_card_with_mistakes_is_not_sent_and_not_shown);
    RUN(a_call_gives_the_verified_answer);
    RUN(a_call_that_is_refused_has_the_result);
    RUN(a_call_with_an_untrusted_answer_fails);
    RUN(only_a_repeatable_call_is_tried_again);
    RUN(limits_share_the_connection);
    RUN(limits_without_retries);
    RUN(limits_with_a_shorter_timeout);
    RUN(limits_outlive_their_client_and_are_closed_with_it);
    RUN(an_old_answer_shows_in_the_clock_skew);
    RUN(a_session_says_when_it_was_answered);
    RUN(an_old_answer_is_refused_where_the_options_say_so);
    RUN(the_key_is_chosen_by_the_key_version);
    antom_client_free(client);
    return finish();
}
