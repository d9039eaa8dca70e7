/*
 * antom.h - the C interface of libantom, a client for Antom's card vaulting.
 *
 * RULES, which hold for every function below
 *   Names      antom_<type>_<verb>.
 *   Errors     A call that can fail returns antom_status: ANTOM_OK or a number
 *              from enum antom_code. Where the last parameter is error_out,
 *              it receives an object that says why; pass NULL if you do not
 *              want it. It is written on failure only, and then no other out
 *              parameter is.
 *   Ownership  What you receive from a _new function or through an out
 *              parameter is yours: release it with the _free function of its
 *              type. _free(NULL) does nothing. A 'const char *' that is
 *              returned belongs to the object that you asked, and is valid as
 *              long as that object. Never free it.
 *   Text       UTF-8. Input ends with a NUL byte, unless the next parameter is
 *              its length in bytes, x_len for x. Inputs are copied, or only
 *              read in the call.
 *   NULL       Where an object or a text is required, NULL gives
 *              ANTOM_ERR_INVALID_ARGUMENT. Asked about a NULL object, a
 *              function answers "" where there is always a text, NULL where
 *              the text may be missing, and 0 where there is a number.
 *   Threads    Functions that take 'const antom_client *' may run at the same
 *              time on one client, and so may functions that only read an
 *              object. Options, and every _free: one thread at a time.
 *   Fork       After fork() the child may use the client: it opens its own
 *              connections. Do not fork while another thread is in a call.
 *   Growth     Functions, error numbers and struct members are added, never
 *              changed or removed. Expect numbers that you do not know.
 *
 * examples/c/create_session.c shows it in use. For C++17 there is antom.hpp.
 * Valid as C89 and later, as C++98 and later, and as input for PHP's FFI.
 * Generated from ffi-c/src by ffi-c/tests/header.rs: change it there.
 */
#ifndef ANTOM_H
#define ANTOM_H

#include <stddef.h>
#include <stdint.h>
#include "antom/begin.h"

#define ANTOM_VERSION_MAJOR 0
#define ANTOM_VERSION_MINOR 1
#define ANTOM_VERSION_PATCH 0
/* Changes only when programs must be compiled again. */
#define ANTOM_ABI_VERSION 1

/* ---- version ------------------------------------------------------------- */

/** The ABI version of the loaded library. If it is not ANTOM_ABI_VERSION, the
 * library does not fit this header. */
uint32_t antom_abi_version(void);
/** The version of the loaded library, for example "0.1.0". Never freed. */
const char *antom_version(void);

/* ---- status and errors --------------------------------------------------- */

/** What a call that can fail returns: one of the values of enum antom_code.
 * Expect values that are not in this version of the header. */
typedef int32_t antom_status;

/** The values of antom_status. A number never changes its meaning. 1 to 4, 10
 * and 12: nothing was sent. 20: Antom answered. 11, 21, 22 and 99: the request
 * may have been processed. 30 is about notifications. */
enum antom_code {
    /** The call succeeded. */
    ANTOM_OK = 0,
    /** NULL, not UTF-8, or a number out of range: the program is wrong. */
    ANTOM_ERR_INVALID_ARGUMENT = 1,
    /** The options contradict each other, or a key cannot be read. */
    ANTOM_ERR_CONFIG = 2,
    /** It breaks Antom's field rules: see antom_error_violation_count. */
    ANTOM_ERR_INVALID_REQUEST = 3,
    /** The private key, or the signer, could not sign. */
    ANTOM_ERR_SIGNING = 4,
    /** Nothing left this machine: it is safe to send it again. */
    ANTOM_ERR_NOT_SENT = 10,
    /** It may have been processed: see antom_client_recover. */
    ANTOM_ERR_OUTCOME_UNKNOWN = 11,
    /** The client was closed, see antom_client_close. */
    ANTOM_ERR_CLOSED = 12,
    /** Antom refused it: see antom_error_result_code. */
    ANTOM_ERR_API = 20,
    /** The signature of the answer is not valid. Do not act on the answer. */
    ANTOM_ERR_UNTRUSTED_RESPONSE = 21,
    /** The answer is not what Antom's documentation describes. */
    ANTOM_ERR_PROTOCOL = 22,
    /** The signature of a notification is not valid. Do not act on it. */
    ANTOM_ERR_UNTRUSTED_NOTIFICATION = 30,
    /** A bug in libantom. The object may be freed, but not be used again. */
    ANTOM_ERR_INTERNAL = 99
};

/** Why a call failed. It holds no secrets but string_to_sign, never changes,
 * and may be read from any thread. */
typedef struct antom_error antom_error;

/** The same number as the status of the call. */
antom_status antom_error_kind(const antom_error *error);
/** The name of the kind, for example "NotSent". */
const char *antom_error_kind_name(const antom_error *error);
/** What happened and what to do, in one line for people. */
const char *antom_error_message(const antom_error *error);
/** What to do next; for ANTOM_ERR_API Antom's own advice for the code. */
const char *antom_error_advice(const antom_error *error);
/** 1 if the same request is safe to send again and may succeed; else 0. */
int32_t antom_error_retryable(const antom_error *error);
/** Antom's resultCode, for example "PARAM_ILLEGAL". NULL if there is none. */
const char *antom_error_result_code(const antom_error *error);
/** Antom's resultStatus: "S", "F" (failed) or "U" (unknown). NULL as above. */
const char *antom_error_result_status(const antom_error *error);
/** Antom's resultMessage, for people. NULL as above. */
const char *antom_error_result_message(const antom_error *error);
/** 1 if the result is signed by Antom; 0: anybody may have written it. */
int32_t antom_error_authenticated(const antom_error *error);
/** The HTTP status of the answer. 0 if there is no answer. */
int32_t antom_error_http_status(const antom_error *error);
/** How many times the call tried to send the request. */
uint32_t antom_error_attempts(const antom_error *error);
/** The vaulting_request_id, even if the library made it, or NULL. */
const char *antom_error_request_id(const antom_error *error);
/** For antom_client_with_signature, if no signer is set; else NULL. */
const char *antom_error_string_to_sign(const antom_error *error);
/** How many field rules the request breaks. */
size_t antom_error_violation_count(const antom_error *error);
/** The field of number index, from 0, like "redirectUrl". NULL past the end. */
const char *antom_error_violation_field(const antom_error *error, size_t index);
/** What is wrong with the field of that index, without its value. */
const char *antom_error_violation_problem(
    const antom_error *error, size_t index);
/** Frees the error and its texts. */
void antom_error_free(antom_error *error);

/* ---- what happens in a call ---------------------------------------------- */

/** What an event tells. */
enum antom_event_kind {
    /** A call begins. */
    ANTOM_EVENT_BEGIN = 1,
    /** An attempt to send the request ended. */
    ANTOM_EVENT_ATTEMPT = 2,
    /** The call ended. */
    ANTOM_EVENT_END = 3
};

/** What happens in a call, for logs and metrics: no bodies, no secrets. Texts
 * are valid during the callback. Durations are in microseconds. A member that
 * the event does not have is 0 or NULL. */
typedef struct antom_event {
    /** How many bytes of this struct the library filled. */
    size_t struct_size;
    /** The path on the wire; its last part is the API. */
    const char *path;
    /** The vaulting_request_id, where the API has one. */
    const char *request_id;
    /** ATTEMPT: the resultCode of a failure. */
    const char *result_code;
    /** A value of enum antom_event_kind. */
    int32_t kind;
    /** ATTEMPT: its number from 1. END: how many were made. */
    uint32_t attempts;
    /** ATTEMPT and END: a value of enum antom_code. */
    int32_t status;
    /** ATTEMPT: the HTTP status of the answer. */
    int32_t http_status;
    /** END: the whole call, waits included. ATTEMPT: sending and receiving. */
    uint64_t duration_us;
    /** ATTEMPT: signing. */
    uint64_t sign_us;
    /** ATTEMPT: opening a connection; 0 if an open one was used. */
    uint64_t connect_us;
    /** ATTEMPT: verifying and reading the answer. */
    uint64_t verify_us;
    /** BEGIN: the size of the request's body. ATTEMPT: of the answer's. */
    uint64_t body_bytes;
    /** ATTEMPT: by how many seconds Antom's clock is ahead of this one's. */
    int64_t clock_skew_s;
} antom_event;

/** Is told of an event, with the context of the options, on the thread that
 * makes the call, which waits for it. It must not unwind, as a signer. */
typedef void (*antom_observe_fn)(
    void *context, const struct antom_event *event);

/* ---- keys and options ---------------------------------------------------- */

/** Antom's two vaulting products. They differ in the fields of a request. */
enum antom_product {
    /** Antom Payment Orchestration. */
    ANTOM_PRODUCT_APO = 0,
    /** Alipay Merchant Services. */
    ANTOM_PRODUCT_AMS = 1
};

/** The settings of a client. Setters copy what they are given; of two calls,
 * the last one counts. A setter that fails changes nothing. */
typedef struct antom_options antom_options;

/** Signs with your private key, by RSASSA-PKCS1-v1_5 with SHA-256: the content,
 * or its digest sha256 of 32 bytes. Writes the signature, for which there is
 * room for signature_size bytes, and returns its length; 0 if it cannot. It
 * must not unwind: no C++ exception and no longjmp may leave it. context is the
 * caller's own. */
typedef size_t (*antom_sign_fn)(
    void *context, const char *content, size_t content_len,
    const uint8_t *sha256, uint8_t *signature, size_t signature_size);

/** Makes empty options. NULL only if something inside the library is broken. */
antom_options *antom_options_new(void);
/** Required: the id that Antom gave you. "SANDBOX_..." selects test mode. */
antom_status antom_options_set_client_id(
    antom_options *options, const char *client_id);
/** Required, or one of the next two: your private key, which signs requests.
 * RSA, 2048 bits or more, as PEM, DER, or the base64 of Antom's Dashboard. */
antom_status antom_options_set_private_key(
    antom_options *options, const char *key, size_t key_len);
/** The same from the file at path, which antom_client_new reads. */
antom_status antom_options_set_private_key_path(
    antom_options *options, const char *path);
/** Instead of a private key: sign is called on the thread of a call, for every
 * attempt. It gets context, which must stay valid as long as the client, also
 * from several threads at once. If it fails, nothing is sent:
 * ANTOM_ERR_SIGNING. NULL: see antom_client_with_signature. */
antom_status antom_options_set_signer(
    antom_options *options, antom_sign_fn sign, void *context);
/** Your own public key, for a signer, in the forms of a private key:
 * antom_client_new then tests one signature of it. Default: none. */
antom_status antom_options_set_signer_public_key(
    antom_options *options, const char *key, size_t key_len);
/** The passphrase, if the private key is encrypted. Default: none. */
antom_status antom_options_set_private_key_passphrase(
    antom_options *options, const char *passphrase);
/** Required, or the next one: Antom's public key, in the same forms. It is not
 * your own key; test mode and live mode have different ones. */
antom_status antom_options_set_antom_public_key(
    antom_options *options, const char *key, size_t key_len);
/** The same from the file at path, which antom_client_new reads. */
antom_status antom_options_set_antom_public_key_path(
    antom_options *options, const char *path);
/** One more public key of Antom's, for what names this key_version: while Antom
 * changes its key, both are valid. May be called several times. */
antom_status antom_options_add_antom_public_key(
    antom_options *options, const char *key_version, const char *key,
    size_t key_len);
/** Required, or the next one: the url of the gateway, scheme, host and port,
 * like "https://open-sea-global.alipay.com". http only for this machine. */
antom_status antom_options_set_endpoint(
    antom_options *options, const char *url);
/** Instead: the name of Antom's gateway, "north_america", "asia" or "europe".
 */
antom_status antom_options_set_region(antom_options *options, const char *name);
/** A value of enum antom_product. Default: ANTOM_PRODUCT_APO. */
antom_status antom_options_set_product(antom_options *options, int32_t product);
/** The keyVersion of your private key. Default: "1". */
antom_status antom_options_set_key_version(
    antom_options *options, const char *key_version);
/** The agent-token header of agents and ISVs. Default: none. */
antom_status antom_options_set_agent_token(
    antom_options *options, const char *agent_token);
/** For opening a connection, in milliseconds, 1 to 3600000. Default: 5000. */
antom_status antom_options_set_connect_timeout_ms(
    antom_options *options, uint32_t milliseconds);
/** For a whole call, all attempts and waits included, in milliseconds, 1 to
 * 3600000. Default: 30000. */
antom_status antom_options_set_timeout_ms(
    antom_options *options, uint32_t milliseconds);
/** How often a failed call is tried again where that is safe. Default: 2. */
antom_status antom_options_set_max_retries(
    antom_options *options, uint32_t retries);
/** PEM text of an authority to trust besides the system's. Default: none. */
antom_status antom_options_set_ca_certificate(
    antom_options *options, const char *pem, size_t pem_len);
/** The same from the file at path, which antom_client_new reads. */
antom_status antom_options_set_ca_certificate_path(
    antom_options *options, const char *path);
/** The url of an HTTP proxy, for example "http://user:password@host:3128".
 * Default: none; the environment is not asked. */
antom_status antom_options_set_proxy(antom_options *options, const char *url);
/** How many seconds the signed time of an answer may differ from this
 * machine's; more is ANTOM_ERR_UNTRUSTED_RESPONSE. Default: any number. */
antom_status antom_options_set_max_response_age_s(
    antom_options *options, uint32_t seconds);
/** observe is told of every call. It gets context, for which the same holds as
 * for a signer's. NULL, the default, tells nobody. */
antom_status antom_options_set_observer(
    antom_options *options, antom_observe_fn observe, void *context);
/** 1: clients with the same options share their connections, which stay open
 * after the last _free, for hosts that make a client for every task, as PHP
 * does; not with a signer or an observer. Default: 0. */
antom_status antom_options_set_shared(antom_options *options, int32_t shared);
/** Frees the options and wipes the keys in them. */
void antom_options_free(antom_options *options);

/* ---- client -------------------------------------------------------------- */

/** Calls Antom's API. It never changes, keeps its connections open, and serves
 * any number of threads at the same time. Make one and keep it. */
typedef struct antom_client antom_client;

/** Makes a client and checks every option. Opens no connection. The options are
 * only read: free them afterwards, or use them again. */
__attribute__((warn_unused_result)) antom_status antom_client_new(
    const antom_options *options, antom_client **client_out,
    antom_error **error_out);
/** Makes a client that shares everything with this one, its connections too,
 * but has its own timeout_ms, 1 to 3600000, and max_retries for each call. */
__attribute__((warn_unused_result)) antom_status antom_client_with_limits(
    const antom_client *client, uint32_t timeout_ms, uint32_t max_retries,
    antom_client **client_out, antom_error **error_out);

/** For languages that C cannot call back. The signer is NULL; a call then fails
 * with ANTOM_ERR_SIGNING. string_to_sign is its antom_error_string_to_sign,
 * signature its signature, made as by antom_sign_fn. Repeat the call, with its
 * antom_error_request_id, on the client from here, which serves only that. */
__attribute__((warn_unused_result)) antom_status antom_client_with_signature(
    const antom_client *client, const char *string_to_sign,
    const char *signature, size_t signature_len, antom_client **client_out,
    antom_error **error_out);

/** Closes all connections, from any thread, also for clients that share them.
 * Calls that run, and later ones, fail with ANTOM_ERR_CLOSED, or with
 * ANTOM_ERR_OUTCOME_UNKNOWN if the request had left; one that looks up a name
 * or connects ends when that does. Free the client as well. */
void antom_client_close(const antom_client *client);
/** Frees the client, on which no call may be running. Its results stay. */
void antom_client_free(antom_client *client);

/* ---- create a vaulting session ------------------------------------------- */

/** The request of createVaultingSession. Set all of it to zero, then
 * struct_size, then what you have: NULL means that a field is left out. Limits
 * are in Unicode characters. */
typedef struct antom_create_vaulting_session_request {
    /** sizeof(antom_create_vaulting_session_request). */
    size_t struct_size;
    /** For example "CARD"; with ANTOM_PRODUCT_AMS only that. At most 64. */
    const char *payment_method_type;
    /** Your unique id of this vaulting, at most 64, with which it may be sent
     * again. Default: the library makes a UUID. */
    const char *vaulting_request_id;
    /** Where Antom posts the outcome: a URL, at most 2048. Required with
     * ANTOM_PRODUCT_AMS. Default: the URL set in Antom's Dashboard. */
    const char *vaulting_notification_url;
    /** Where the buyer goes afterwards: a URL, at most 2048. */
    const char *redirect_url;
    /** A JSON object of texts for the acquirer, not checked here; at most 2048.
     * Only ANTOM_PRODUCT_APO. */
    const char *pass_through_metadata;
    /** Two capital letters, for example "SG". Only ANTOM_PRODUCT_AMS. */
    const char *merchant_region;
    /** 3-D Secure: -1 no, 0 left out, 1 yes. Only ANTOM_PRODUCT_AMS. */
    int32_t is_3ds_authentication;
} antom_create_vaulting_session_request;

/** A session with which the page in the browser collects the card. */
typedef struct antom_vaulting_session antom_vaulting_session;

/** Creates a session with the fields of request. It is harmless to call it
 * again with the same vaulting_request_id: Antom returns the same result. */
__attribute__((warn_unused_result))
antom_status antom_client_create_vaulting_session(
    const antom_client *client,
    const antom_create_vaulting_session_request *request,
    antom_vaulting_session **session_out, antom_error **error_out);
/** The vaulting_request_id: keep it, notifications name it. */
const char *antom_vaulting_session_request_id(
    const antom_vaulting_session *session);
/** vaultingSessionId, at most 64 characters. It may hold '+' and '/': escape it
 * in a URL. */
const char *antom_vaulting_session_id(const antom_vaulting_session *session);
/** vaultingSessionData, a secret: give it unchanged to Antom's SDK in the
 * browser, to nobody else, and not to a log. Wiped by _free. */
const char *antom_vaulting_session_data(const antom_vaulting_session *session);
/** Its length in bytes, without the NUL byte. */
size_t antom_vaulting_session_data_len(const antom_vaulting_session *session);
/** When it expires: RFC 3339, for example "2026-08-17T13:00:00+08:00". */
const char *antom_vaulting_session_expires_at(
    const antom_vaulting_session *session);
/** A page of Antom's that collects the card. NULL if the product has none. */
const char *antom_vaulting_session_normal_url(
    const antom_vaulting_session *session);
/** When Antom answered, as it wrote it: ISO 8601. */
const char *antom_vaulting_session_response_time(
    const antom_vaulting_session *session);
/** By how many seconds Antom's clock was ahead then; 0 if unknown. */
int64_t antom_vaulting_session_clock_skew_s(
    const antom_vaulting_session *session);
/** The whole verified answer as JSON, a secret too. Wiped by _free. */
const char *antom_vaulting_session_raw(const antom_vaulting_session *session);
/** Its length in bytes, without the NUL byte. */
size_t antom_vaulting_session_raw_len(const antom_vaulting_session *session);
/** Frees the session and wipes its secrets. */
void antom_vaulting_session_free(antom_vaulting_session *session);

/* ---- what became of a vaulting ------------------------------------------- */

/** What became of a vaulting. Treat a number that you do not know as
 * ANTOM_OUTCOME_UNRECOGNISED: not finished. */
enum antom_outcome {
    /** Not finished. The buyer may have to go to next_url. */
    ANTOM_OUTCOME_PROCESSING = 0,
    /** Vaulted: there is a card_token. */
    ANTOM_OUTCOME_SUCCEEDED = 1,
    /** Not vaulted, and never will be under this vaulting_request_id. */
    ANTOM_OUTCOME_FAILED = 2,
    /** Antom answered a status that this version does not know. */
    ANTOM_OUTCOME_UNRECOGNISED = 3,
    /** Antom never got the request: send it again with the same id. */
    ANTOM_OUTCOME_NEVER_ARRIVED = 4,
    /** The notification is about something else: see raw. */
    ANTOM_OUTCOME_UNRELATED = 5
};

/** What Antom says of a vaulting. */
typedef struct antom_vaulting antom_vaulting;

/** Asks what became of the vaulting with this vaulting_request_id.
 * merchant_account_id is NULL, or, only with ANTOM_PRODUCT_AMS, an id. Both at
 * most 64 characters. ANTOM_OK says only that Antom answered. */
__attribute__((warn_unused_result)) antom_status antom_client_inquire_vaulting(
    const antom_client *client, const char *vaulting_request_id,
    const char *merchant_account_id, antom_vaulting **vaulting_out,
    antom_error **error_out);
/** After ANTOM_ERR_OUTCOME_UNKNOWN: an inquiry for this vaulting_request_id
 * that answers for a request that never arrived too, see antom_outcome. */
__attribute__((warn_unused_result)) antom_status antom_client_recover(
    const antom_client *client, const char *vaulting_request_id,
    antom_vaulting **vaulting_out, antom_error **error_out);

/** Vaults a card whose number your server holds: it, its logs and its backups
 * come under PCI DSS, which a session avoids; never store the security code.
 * json is the request of vaultPaymentMethod with the members that Antom
 * documents; wipe it afterwards. It is never sent twice: after
 * ANTOM_ERR_OUTCOME_UNKNOWN see antom_client_recover. */
__attribute__((warn_unused_result))
antom_status antom_client_vault_payment_method(
    const antom_client *client, const char *json, size_t json_len,
    antom_vaulting **vaulting_out, antom_error **error_out);

/** What became of it: a value of enum antom_outcome. */
int32_t antom_vaulting_outcome(const antom_vaulting *vaulting);
/** The vaulting_request_id that began it. "" if there is none. */
const char *antom_vaulting_request_id(const antom_vaulting *vaulting);
/** Why it ended so, for example "CARD_EXPIRED". NULL if Antom did not say. */
const char *antom_vaulting_code(const antom_vaulting *vaulting);
/** The same for people. NULL if Antom did not say. */
const char *antom_vaulting_message(const antom_vaulting *vaulting);
/** The paymentMethodId of later payments, at most 2048 characters: keep it like
 * a password. NULL if there is none. Wiped by _free. */
const char *antom_vaulting_card_token(const antom_vaulting *vaulting);
/** For example "VISA". NULL if Antom did not say. */
const char *antom_vaulting_card_brand(const antom_vaulting *vaulting);
/** The last four digits of the card. NULL if Antom did not say. */
const char *antom_vaulting_card_last_four(const antom_vaulting *vaulting);
/** Two digits. NULL if Antom did not say. */
const char *antom_vaulting_card_expiry_month(const antom_vaulting *vaulting);
/** Two digits. NULL if Antom did not say. */
const char *antom_vaulting_card_expiry_year(const antom_vaulting *vaulting);
/** Where the buyer must go to finish it. NULL if there is no such step. */
const char *antom_vaulting_next_url(const antom_vaulting *vaulting);
/** When Antom answered: ISO 8601. "" for a notification. */
const char *antom_vaulting_response_time(const antom_vaulting *vaulting);
/** By how many seconds Antom's clock was ahead then; 0 if unknown. */
int64_t antom_vaulting_clock_skew_s(const antom_vaulting *vaulting);
/** The whole verified JSON with the token: a secret. "" if there is none. */
const char *antom_vaulting_raw(const antom_vaulting *vaulting);
/** Its length in bytes, without the NUL byte. */
size_t antom_vaulting_raw_len(const antom_vaulting *vaulting);
/** Frees the vaulting and wipes its secrets. */
void antom_vaulting_free(antom_vaulting *vaulting);

/* ---- notifications ------------------------------------------------------- */

/** A header of a request that your web server received. */
typedef struct antom_header {
    /** For example "Signature", in any case. */
    const char *name;
    /** Its value, without the line's end. */
    const char *value;
} antom_header;

/** Verifies a notification that Antom posted. method and path are those of its
 * request line, path with its query and as in the URL that Antom was given;
 * headers are all that came, header_count their number; body is what came, byte
 * for byte. tolerance_s, in seconds, refuses one whose time is further from
 * now; 0 is no limit, because Antom repeats for up to 24 hours.
 * ANTOM_ERR_UNTRUSTED_NOTIFICATION: do not act on it, answer HTTP 400. */
__attribute__((warn_unused_result))
antom_status antom_client_verify_notification(
    const antom_client *client, const char *method, const char *path,
    const antom_header *headers, size_t header_count, const char *body,
    size_t body_len, uint32_t tolerance_s, antom_vaulting **vaulting_out,
    antom_error **error_out);

/** The body that acknowledges a notification, for HTTP 200 and content-type
 * "application/json". Else Antom sends it again. Never NULL, never freed. */
const char *antom_acknowledgement(void);

/** Remembers in this process which notifications were handled, because Antom
 * may repeat one. Several processes need a table that they share instead. */
typedef struct antom_replay_guard antom_replay_guard;

/** Remembers the newest notifications, capacity of them, for keep_s seconds
 * each: take more than 24 hours. NULL only if the library is broken. */
antom_replay_guard *antom_replay_guard_new(size_t capacity, uint32_t keep_s);
/** Claims a verified vaulting: 1 if it is new: handle it, then acknowledge it;
 * 0 if it was claimed before: only acknowledge it. NULL, and a vaulting that
 * came from no notification, are never new. Any thread. */
int32_t antom_replay_guard_claim(
    const antom_replay_guard *guard, const antom_vaulting *vaulting);
/** Gives the claim of a vaulting back: handling it failed. Any thread. */
void antom_replay_guard_release(
    const antom_replay_guard *guard, const antom_vaulting *vaulting);
/** Frees the guard. */
void antom_replay_guard_free(antom_replay_guard *guard);

/* ---- any other API ------------------------------------------------------- */

/** A verified answer of Antom. */
typedef struct antom_answer antom_answer;

/** Calls another API: signed, retried, verified and judged like every call.
 * path is the live path, for example "/ams/api/v1/vaults/fetchNonce", also in
 * test mode. json is sent byte for byte. repeatable: 1 if the same request
 * twice acts only once, so that it may be tried again after it was sent. */
__attribute__((warn_unused_result)) antom_status antom_client_call(
    const antom_client *client, const char *path, const char *json,
    size_t json_len, int32_t repeatable, antom_answer **answer_out,
    antom_error **error_out);

/** The verified JSON, whose resultStatus is "S". Wiped by _free. */
const char *antom_answer_json(const antom_answer *answer);
/** Its length in bytes, without the NUL byte. */
size_t antom_answer_json_len(const antom_answer *answer);
/** When Antom answered: ISO 8601. */
const char *antom_answer_response_time(const antom_answer *answer);
/** Frees the answer and wipes it. */
void antom_answer_free(antom_answer *answer);

/* ---- sign and verify what this library does not send --------------------- */

/** A signature that antom_client_sign made. */
typedef struct antom_signature antom_signature;

/** Signs a request that your program sends itself: method and path as they are
 * sent, "/ams/sandbox/api/..." in test mode; time is the request-time header,
 * in milliseconds since 1970; body is what you send, or NULL and 0. */
__attribute__((warn_unused_result)) antom_status antom_client_sign(
    const antom_client *client, const char *method, const char *path,
    const char *time, const char *body, size_t body_len,
    antom_signature **signature_out, antom_error **error_out);
/** The value of the signature header. */
const char *antom_signature_header(const antom_signature *signature);
/** Frees the signature. */
void antom_signature_free(antom_signature *signature);

/** Checks an answer that your program received itself, to a request with this
 * method and path: signature_header is the value of its signature header, time
 * of its response-time header. ANTOM_OK: Antom's key signed exactly this body
 * for your client id. Otherwise ANTOM_ERR_UNTRUSTED_RESPONSE. */
__attribute__((warn_unused_result)) antom_status antom_client_verify(
    const antom_client *client, const char *method, const char *path,
    const char *time, const char *body, size_t body_len,
    const char *signature_header, antom_error **error_out);

/* ---- why a signature does not verify ------------------------------------- */

/** Why a signature does not verify. */
typedef struct antom_diagnosis antom_diagnosis;

/** Finds out why the signature of a message does not verify: of Antom's, an
 * answer or a notification, or, with from_merchant 1 instead of 0, of a request
 * of your own. method, path, client_id, time, body and signature_header are
 * those of the message. A signer needs antom_options_set_signer_public_key for
 * the latter. */
__attribute__((warn_unused_result)) antom_status antom_client_diagnose(
    const antom_client *client, int32_t from_merchant, const char *method,
    const char *path, const char *client_id, const char *time, const char *body,
    size_t body_len, const char *signature_header,
    antom_diagnosis **diagnosis_out, antom_error **error_out);

/** A name for programs, for example "path_sandbox". NULL if it does verify. */
const char *antom_diagnosis_cause(const antom_diagnosis *diagnosis);
/** What happened, in one line for people; "" if it does verify. */
const char *antom_diagnosis_what(const antom_diagnosis *diagnosis);
/** What to do about it; "" as above. */
const char *antom_diagnosis_fix(const antom_diagnosis *diagnosis);
/** The text that the signature was checked over: compare it with what was
 * signed. It holds the body. Wiped by _free. */
const char *antom_diagnosis_string_to_sign(const antom_diagnosis *diagnosis);
/** Its length in bytes, without the NUL byte. */
size_t antom_diagnosis_string_to_sign_len(const antom_diagnosis *diagnosis);
/** Frees the diagnosis. */
void antom_diagnosis_free(antom_diagnosis *diagnosis);

#include "antom/end.h"

#endif /* ANTOM_H */
