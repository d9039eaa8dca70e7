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
 *   Text       UTF-8. Input ends with a NUL byte, unless its length is the
 *              next parameter. Inputs are copied, or only read in the call.
 *   NULL       Where an object or a text is required, NULL gives
 *              ANTOM_ERR_INVALID_ARGUMENT. A function that only reads a value
 *              out of an object answers NULL with "", 0 or NULL.
 *   Threads    Functions that take 'const antom_client *' may run at the same
 *              time on one client. Functions that only read a session, a
 *              signature or an error may, too. Options, and every _free: one
 *              thread at a time.
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

/** The version of the loaded library, for example "0.1.0". Never NULL, never
 * freed. */
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
    /** NULL, text that is not UTF-8, or a number that is not allowed: a mistake
     * in the calling program. */
    ANTOM_ERR_INVALID_ARGUMENT = 1,
    /** The options are incomplete or contradict each other, or a key or a
     * certificate cannot be read. */
    ANTOM_ERR_CONFIG = 2,
    /** The request breaks Antom's field rules. Nothing was sent. See
     * antom_error_violation_count. */
    ANTOM_ERR_INVALID_REQUEST = 3,
    /** The private key could not sign. Nothing was sent. */
    ANTOM_ERR_SIGNING = 4,
    /** The request did not leave this machine. It is safe to send it again,
     * once what the message names is corrected. */
    ANTOM_ERR_NOT_SENT = 10,
    /** The request may have been processed. Send it again with the same
     * vaulting_request_id: Antom returns the same result for it. */
    ANTOM_ERR_OUTCOME_UNKNOWN = 11,
    /** The client was closed, see antom_client_close. */
    ANTOM_ERR_CLOSED = 12,
    /** Antom refused the request, or asks to send it again. See
     * antom_error_result_code. */
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

/** Why a call failed. It holds no secrets, never changes, and may be read from
 * any thread. */
typedef struct antom_error antom_error;

/** The same number as the status of the call; 0 for NULL. */
antom_status antom_error_kind(const antom_error *error);
/** The name of the kind, for example "NotSent"; "" for NULL. */
const char *antom_error_kind_name(const antom_error *error);
/** What happened and what to do, in one line for people; "" for NULL. */
const char *antom_error_message(const antom_error *error);

/** What to do next, in one or two sentences; "" for NULL. For ANTOM_ERR_API it
 * is Antom's advice for the result code. */
const char *antom_error_advice(const antom_error *error);

/** 1 if it is safe to send the same request again, with the same
 * vaulting_request_id, and may succeed; else 0. 0 for NULL. */
int32_t antom_error_retryable(const antom_error *error);

/** Antom's resultCode, for example "PARAM_ILLEGAL". NULL if the answer has
 * none, if there is no answer, or for NULL. */
const char *antom_error_result_code(const antom_error *error);

/** Antom's resultStatus: "S", "F" (failed) or "U" (unknown). NULL as above. */
const char *antom_error_result_status(const antom_error *error);
/** Antom's resultMessage, for people. NULL as above. */
const char *antom_error_result_message(const antom_error *error);

/** 1 if the result is from an answer with a valid signature; 0 if it is not, so
 * that anybody may have written it. 0 for NULL. */
int32_t antom_error_authenticated(const antom_error *error);

/** The HTTP status of the answer. 0 if there is no answer, or for NULL. */
int32_t antom_error_http_status(const antom_error *error);
/** How many times the call tried to send the request. 0 for NULL. */
uint32_t antom_error_attempts(const antom_error *error);

/** The vaulting_request_id of the call, also if the library made it: keep it to
 * send the request again. NULL if the call has none, or for NULL. */
const char *antom_error_request_id(const antom_error *error);

/** The number of field rules that the request breaks. 0 for NULL, and for other
 * kinds than ANTOM_ERR_INVALID_REQUEST. */
size_t antom_error_violation_count(const antom_error *error);

/** The field with the wrong value, named as in Antom's documentation, for
 * example "redirectUrl". index starts at 0; NULL past the end, or for NULL. */
const char *antom_error_violation_field(const antom_error *error, size_t index);

/** What is wrong with that field, without its value. NULL as above. */
const char *antom_error_violation_problem(
    const antom_error *error, size_t index);

/** Frees the error and its texts. NULL is fine. */
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

/** Is told of every event, on the thread that makes the call, which waits for
 * it. It must not unwind: no C++ exception and no longjmp may leave it. */
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

/** Signs: writes the signature of content, content_len bytes, made with your
 * private key by RSASSA-PKCS1-v1_5 with SHA-256, to signature, which has room
 * for signature_size bytes, and returns its length; 0 if it cannot. sha256 is
 * the digest of the content, 32 bytes, for an HSM or a KMS. It must not unwind:
 * no C++ exception and no longjmp may leave it. */
typedef size_t (*antom_sign_fn)(
    void *context, const char *content, size_t content_len,
    const uint8_t *sha256, uint8_t *signature, size_t signature_size);

/** Makes empty options. NULL only if something inside the library is broken. */
antom_options *antom_options_new(void);

/** Required: the client id that Antom gave you. One that begins with "SANDBOX_"
 * selects Antom's test mode. */
antom_status antom_options_set_client_id(
    antom_options *options, const char *client_id);

/** Required, or the next one: your private key, which signs requests. RSA with
 * 2048 bits or more, as PEM, as DER, or as the bare base64 that Antom's
 * Dashboard shows. key_len is in bytes. */
antom_status antom_options_set_private_key(
    antom_options *options, const char *key, size_t key_len);

/** The same from a file, which antom_client_new reads. */
antom_status antom_options_set_private_key_path(
    antom_options *options, const char *path);

/** Instead of a private key: sign is called, on the thread of a call, for every
 * attempt, and when the client is made. It gets context, which must stay valid
 * as long as the client and may be used from several threads at once. Returning
 * 0 or too much gives ANTOM_ERR_SIGNING, and nothing is sent. */
antom_status antom_options_set_signer(
    antom_options *options, antom_sign_fn sign, void *context);

/** Your own public key, key_len bytes in the forms of the private key, for a
 * signer: antom_client_new then tests one signature of it. Default: none. */
antom_status antom_options_set_signer_public_key(
    antom_options *options, const char *key, size_t key_len);

/** The passphrase, if the private key is encrypted. Default: none. */
antom_status antom_options_set_private_key_passphrase(
    antom_options *options, const char *passphrase);

/** Required, or the next one: Antom's public key, which answers are verified
 * with. The same forms as the private key. It is not your own public key; test
 * mode and live mode have different ones. */
antom_status antom_options_set_antom_public_key(
    antom_options *options, const char *key, size_t key_len);

/** The same from a file, which antom_client_new reads. */
antom_status antom_options_set_antom_public_key_path(
    antom_options *options, const char *path);

/** One more public key of Antom's, key_len bytes, for answers and notifications
 * with this keyVersion: while Antom changes its key, both are valid. May be
 * called several times. */
antom_status antom_options_add_antom_public_key(
    antom_options *options, const char *key_version, const char *key,
    size_t key_len);

/** Required, or the next one: scheme, host and port of the gateway, for example
 * "https://open-sea-global.alipay.com". http only for this machine. */
antom_status antom_options_set_endpoint(
    antom_options *options, const char *url);

/** One of Antom's gateways: "north_america", "asia" or "europe". Any other name
 * gives ANTOM_ERR_INVALID_ARGUMENT. An endpoint as well is ANTOM_ERR_CONFIG. */
antom_status antom_options_set_region(antom_options *options, const char *name);

/** The product that you have a contract for: a value of enum antom_product.
 * Default: ANTOM_PRODUCT_APO. */
antom_status antom_options_set_product(antom_options *options, int32_t product);

/** The keyVersion of your private key. Default: "1". */
antom_status antom_options_set_key_version(
    antom_options *options, const char *key_version);

/** The agent-token header of agents and ISVs. Default: none. */
antom_status antom_options_set_agent_token(
    antom_options *options, const char *agent_token);

/** How long opening a connection may take, in milliseconds: 1 to 3600000, which
 * antom_client_new checks. Default: 5000. */
antom_status antom_options_set_connect_timeout_ms(
    antom_options *options, uint32_t milliseconds);

/** How long a whole call may take, all attempts and the waits between them
 * included, in milliseconds: 1 to 3600000, which antom_client_new checks.
 * Default: 30000. */
antom_status antom_options_set_timeout_ms(
    antom_options *options, uint32_t milliseconds);

/** How often a failed call is tried again, where that is safe and the timeout
 * leaves time. Default: 2; 0 is never. */
antom_status antom_options_set_max_retries(
    antom_options *options, uint32_t retries);

/** PEM text with a certificate authority to trust besides those of the system,
 * for example that of a local gateway. pem_len is in bytes. Default: none. */
antom_status antom_options_set_ca_certificate(
    antom_options *options, const char *pem, size_t pem_len);

/** The same from a file, which antom_client_new reads. */
antom_status antom_options_set_ca_certificate_path(
    antom_options *options, const char *path);

/** An HTTP proxy, for example "http://user:password@proxy.example:3128".
 * Default: none; the variables of the environment are not read. */
antom_status antom_options_set_proxy(antom_options *options, const char *url);

/** How far the signed time of an answer may be from this machine's, either way,
 * in seconds; further gives ANTOM_ERR_UNTRUSTED_RESPONSE. Default: any, so that
 * a wrong clock stops no shop. */
antom_status antom_options_set_max_response_age_s(
    antom_options *options, uint32_t seconds);

/** observe is told of every call, and gets context, which must stay valid as
 * long as the client and may be used from several threads at once. NULL, the
 * default, tells nobody. */
antom_status antom_options_set_observer(
    antom_options *options, antom_observe_fn observe, void *context);

/** 1: antom_client_new gives every caller with the same options the same
 * connections, which stay open after the last _free: for hosts that make a
 * client for every task, as PHP does; not with a signer or an observer. 0, the
 * default: each its own. */
antom_status antom_options_set_shared(antom_options *options, int32_t shared);

/** Frees the options and wipes the keys in them. NULL is fine. */
void antom_options_free(antom_options *options);

/* ---- client -------------------------------------------------------------- */

/** Calls Antom's API. It never changes, keeps its connections open, and serves
 * any number of threads at the same time. Make one and keep it. */
typedef struct antom_client antom_client;

/** Makes a client and checks every option. Opens no connection. The options are
 * only read: free them afterwards, or use them again. */
__attribute__((warn_unused_result))
antom_status antom_client_new(
    const antom_options *options, antom_client **client_out,
    antom_error **error_out);

/** Makes a client that shares everything with this one, its connections too,
 * but has other limits for each call: timeout_ms as in
 * antom_options_set_timeout_ms, max_retries as there. It costs next to nothing,
 * and is freed on its own. */
__attribute__((warn_unused_result))
antom_status antom_client_with_limits(
    const antom_client *client, uint32_t timeout_ms, uint32_t max_retries,
    antom_client **client_out, antom_error **error_out);

/** Closes all connections, from any thread. Calls that run now, and later ones,
 * fail with ANTOM_ERR_CLOSED, or with ANTOM_ERR_OUTCOME_UNKNOWN where the
 * request had left; so it is for all clients that share the connections. The
 * client must still be freed. NULL is fine. */
void antom_client_close(const antom_client *client);

/** Frees the client. No call may be running on it. What came from it, sessions
 * and errors, stays valid. NULL is fine. */
void antom_client_free(antom_client *client);

/* ---- create a vaulting session ------------------------------------------- */

/** The request of createVaultingSession. Set all of it to zero, then
 * struct_size, then what you have: NULL means that a field is left out. Limits
 * are in Unicode characters. */
typedef struct antom_create_vaulting_session_request {
    /** sizeof(antom_create_vaulting_session_request). */
    size_t struct_size;
    /** The payment method, for example "CARD". Required, at most 64. With
     * ANTOM_PRODUCT_AMS only "CARD". */
    const char *payment_method_type;
    /** Your unique id of this vaulting, at most 64. It makes it harmless to
     * send a request again. Default: the library makes a UUID. */
    const char *vaulting_request_id;
    /** Where Antom posts the outcome: a URL, at most 2048. Required with
     * ANTOM_PRODUCT_AMS. Default: the URL set in Antom's Dashboard. */
    const char *vaulting_notification_url;
    /** Where the buyer goes afterwards: a URL, at most 2048. */
    const char *redirect_url;
    /** Text for the acquirer, by Antom's documentation a JSON object with
     * texts, which is not checked here; at most 2048. Only ANTOM_PRODUCT_APO.
     */
    const char *pass_through_metadata;
    /** Your region, two capital letters, for example "SG". Only
     * ANTOM_PRODUCT_AMS. */
    const char *merchant_region;
    /** Whether to ask for 3-D Secure: -1 no, 0 left out, 1 yes. Only
     * ANTOM_PRODUCT_AMS. */
    int32_t is_3ds_authentication;
} antom_create_vaulting_session_request;

/** A session with which the page in the browser collects the card. */
typedef struct antom_vaulting_session antom_vaulting_session;

/** Creates a session: sends the request signed, and verifies the signature of
 * the answer before it is read. It is harmless to call it again with the same
 * vaulting_request_id: Antom returns the same result for it. */
__attribute__((warn_unused_result))
antom_status antom_client_create_vaulting_session(
    const antom_client *client,
    const antom_create_vaulting_session_request *request,
    antom_vaulting_session **session_out, antom_error **error_out);

/** The vaulting_request_id of the request: keep it, notifications name it. ""
 * for NULL. */
const char *antom_vaulting_session_request_id(
    const antom_vaulting_session *session);

/** vaultingSessionId, at most 64 characters. It may hold '+' and '/': escape it
 * in a URL. "" for NULL. */
const char *antom_vaulting_session_id(const antom_vaulting_session *session);

/** vaultingSessionData, a secret: give it unchanged to Antom's SDK in the
 * browser, to nobody else, and not to a log. "" for NULL. Wiped by _free. */
const char *antom_vaulting_session_data(const antom_vaulting_session *session);

/** The length of the data in bytes, without the NUL byte. 0 for NULL. */
size_t antom_vaulting_session_data_len(const antom_vaulting_session *session);

/** When the session expires, as RFC 3339 text, for example
 * "2026-08-17T13:00:00+08:00". "" for NULL. */
const char *antom_vaulting_session_expires_at(
    const antom_vaulting_session *session);

/** A page of Antom's that collects the card. NULL if the product has none, or
 * for NULL. */
const char *antom_vaulting_session_normal_url(
    const antom_vaulting_session *session);

/** The whole verified answer as JSON, for members that have no function here.
 * It holds the data, so it is a secret too. "" for NULL. Wiped by _free. */
const char *antom_vaulting_session_raw(const antom_vaulting_session *session);

/** The length of the JSON in bytes, without the NUL byte. 0 for NULL. */
size_t antom_vaulting_session_raw_len(const antom_vaulting_session *session);
/** Frees the session and wipes its secrets. NULL is fine. */
void antom_vaulting_session_free(antom_vaulting_session *session);

/* ---- what became of a vaulting ------------------------------------------- */

/** What became of a vaulting. Treat a number that you do not know, and
 * ANTOM_OUTCOME_UNRECOGNISED, as not finished. */
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

/** What Antom says of a vaulting. It never changes, and may be read from any
 * thread. */
typedef struct antom_vaulting antom_vaulting;

/** Asks what became of the vaulting with this vaulting_request_id, at most 64
 * characters. merchant_account_id is NULL, or with ANTOM_PRODUCT_AMS an id of
 * at most 64 characters. ANTOM_OK says only that Antom answered. */
__attribute__((warn_unused_result))
antom_status antom_client_inquire_vaulting(
    const antom_client *client, const char *vaulting_request_id,
    const char *merchant_account_id, antom_vaulting **vaulting_out,
    antom_error **error_out);

/** After ANTOM_ERR_OUTCOME_UNKNOWN: what really happened under this
 * vaulting_request_id. As an inquiry, but for a request that never arrived
 * there is an answer too: ANTOM_OUTCOME_NEVER_ARRIVED. */
__attribute__((warn_unused_result))
antom_status antom_client_recover(
    const antom_client *client, const char *vaulting_request_id,
    antom_vaulting **vaulting_out, antom_error **error_out);

/** What became of it: a value of enum antom_outcome. 0 for NULL. */
int32_t antom_vaulting_outcome(const antom_vaulting *vaulting);
/** The vaulting_request_id that began it. "" if there is none, or for NULL. */
const char *antom_vaulting_request_id(const antom_vaulting *vaulting);
/** Why it ended so, for example "CARD_EXPIRED". NULL if Antom did not say. */
const char *antom_vaulting_code(const antom_vaulting *vaulting);
/** The same for people. NULL if Antom did not say. */
const char *antom_vaulting_message(const antom_vaulting *vaulting);

/** The paymentMethodId of later payments, at most 2048 characters: a secret,
 * keep it like a password. NULL if there is none. Wiped by _free. */
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

/** The whole verified JSON, which holds the token: a secret. "" if there is
 * none, or for NULL. Wiped by _free. */
const char *antom_vaulting_raw(const antom_vaulting *vaulting);

/** The length of the JSON in bytes, without the NUL byte. 0 for NULL. */
size_t antom_vaulting_raw_len(const antom_vaulting *vaulting);
/** Frees the vaulting and wipes its secrets. NULL is fine. */
void antom_vaulting_free(antom_vaulting *vaulting);

/* ---- notifications ------------------------------------------------------- */

/** A header of a request that your web server received. */
typedef struct antom_header {
    /** For example "Signature", in any case. */
    const char *name;
    /** Its value, without the line's end. */
    const char *value;
} antom_header;

/** Verifies a notification that Antom posted, and reads it. method and path are
 * those of its request line, path with the query; behind a proxy that rewrites
 * paths, the path of the URL that Antom was given. headers are all that came,
 * header_count their number; body is what came, byte for byte, body_len its
 * length. tolerance_s, in seconds, refuses one that was signed longer ago, or
 * later than now; 0 is no limit: Antom repeats for up to 24 hours.
 * ANTOM_ERR_UNTRUSTED_NOTIFICATION: do not act on it, answer HTTP 400. */
__attribute__((warn_unused_result))
antom_status antom_client_verify_notification(
    const antom_client *client, const char *method, const char *path,
    const antom_header *headers, size_t header_count, const char *body,
    size_t body_len, uint32_t tolerance_s, antom_vaulting **vaulting_out,
    antom_error **error_out);

/** The body that acknowledges a notification, to be sent with HTTP 200 and the
 * content-type "application/json". Without it Antom sends the notification
 * again. Never NULL, never freed. */
const char *antom_acknowledgement(void);

/** Remembers in this process which notifications were handled, because Antom
 * may send one again. Several processes need a table that they share instead.
 */
typedef struct antom_replay_guard antom_replay_guard;

/** Makes a guard that remembers the newest notifications, at most capacity of
 * them, for keep_s seconds each: more than 24 hours is a good choice. NULL only
 * if something inside the library is broken. */
antom_replay_guard *antom_replay_guard_new(size_t capacity, uint32_t keep_s);

/** Claims a verified notification: 1 means that it is new, so handle it and
 * then acknowledge it; 0 that it was claimed before, so only acknowledge it.
 * NULL, and a vaulting that came from no notification, are claimed already. Any
 * thread. */
int32_t antom_replay_guard_claim(
    const antom_replay_guard *guard, const antom_vaulting *vaulting);

/** Gives a claim back, because handling failed: the next repetition is new
 * again. NULL is fine. Any thread. */
void antom_replay_guard_release(
    const antom_replay_guard *guard, const antom_vaulting *vaulting);

/** Frees the guard. NULL is fine. */
void antom_replay_guard_free(antom_replay_guard *guard);

/* ---- any other API ------------------------------------------------------- */

/** A verified answer of Antom. */
typedef struct antom_answer antom_answer;

/** Calls another API: signed, retried, verified and judged like every call.
 * path is the live path, for example "/ams/api/v1/vaults/fetchNonce"; for a
 * test client id it is rewritten. json is sent byte for byte, json_len is its
 * length. repeatable: 1 if the same request twice acts only once, so that it
 * may be tried again after it was sent; else 0. */
__attribute__((warn_unused_result))
antom_status antom_client_call(
    const antom_client *client, const char *path, const char *json,
    size_t json_len, int32_t repeatable, antom_answer **answer_out,
    antom_error **error_out);

/** The verified JSON, whose resultStatus is "S". "" for NULL. Wiped by _free.
 */
const char *antom_answer_json(const antom_answer *answer);

/** The length of the JSON in bytes, without the NUL byte. 0 for NULL. */
size_t antom_answer_json_len(const antom_answer *answer);
/** When Antom answered, as it wrote it: ISO 8601. "" for NULL. */
const char *antom_answer_response_time(const antom_answer *answer);
/** Frees the answer and wipes it. NULL is fine. */
void antom_answer_free(antom_answer *answer);

/* ---- sign and verify what this library does not send --------------------- */

/** A signature that antom_client_sign made. */
typedef struct antom_signature antom_signature;

/** Signs a request that your program sends itself. path is signed as it is
 * given: for a client id that begins with "SANDBOX_" it begins with
 * "/ams/sandbox/api". time is the text of the request-time header, in
 * milliseconds since 1970. body is what you send, body_len its length in bytes;
 * NULL is fine if the length is 0. */
__attribute__((warn_unused_result))
antom_status antom_client_sign(
    const antom_client *client, const char *method, const char *path,
    const char *time, const char *body, size_t body_len,
    antom_signature **signature_out, antom_error **error_out);

/** The value of the signature header. "" for NULL. */
const char *antom_signature_header(const antom_signature *signature);
/** Frees the signature. NULL is fine. */
void antom_signature_free(antom_signature *signature);

/** Checks an answer that your program received itself. signature_header is the
 * value of its signature header, time of its response-time header; method and
 * path are those of the request. ANTOM_OK: Antom's key signed exactly these
 * values for your client id. ANTOM_ERR_UNTRUSTED_RESPONSE: it did not. */
__attribute__((warn_unused_result))
antom_status antom_client_verify(
    const antom_client *client, const char *method, const char *path,
    const char *time, const char *body, size_t body_len,
    const char *signature_header, antom_error **error_out);

#include "antom/end.h"

#endif /* ANTOM_H */
