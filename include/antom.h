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

/**
 * The ABI version of the loaded library. If it is not ANTOM_ABI_VERSION, the
 * library does not fit this header.
 */
uint32_t antom_abi_version(void);

/**
 * The version of the loaded library, for example "0.1.0". Never NULL, never
 * freed.
 */
const char *antom_version(void);

/* ---- status and errors --------------------------------------------------- */

/**
 * What a call that can fail returns: one of the values of enum antom_code.
 * Expect values that are not in this version of the header.
 */
typedef int32_t antom_status;

/**
 * The values of antom_status. A number never changes its meaning. 1 to 4, 10
 * and 12: nothing was sent. 20: Antom answered. 11, 21, 22 and 99: the request
 * may have been processed. 30 is about notifications.
 */
enum antom_code {
    /** The call succeeded. */
    ANTOM_OK = 0,
    /**
     * NULL, text that is not UTF-8, or a number that is not allowed: a mistake
     * in the calling program.
     */
    ANTOM_ERR_INVALID_ARGUMENT = 1,
    /**
     * The options are incomplete or contradict each other, or a key or a
     * certificate cannot be read.
     */
    ANTOM_ERR_CONFIG = 2,
    /**
     * The request breaks Antom's field rules. Nothing was sent. See
     * antom_error_violation_count.
     */
    ANTOM_ERR_INVALID_REQUEST = 3,
    /** The private key could not sign. Nothing was sent. */
    ANTOM_ERR_SIGNING = 4,
    /**
     * The request did not leave this machine. It is safe to send it again,
     * once what the message names is corrected.
     */
    ANTOM_ERR_NOT_SENT = 10,
    /**
     * The request may have been processed. Send it again with the same
     * vaulting_request_id: Antom returns the same result for it.
     */
    ANTOM_ERR_OUTCOME_UNKNOWN = 11,
    /** The client was closed, see antom_client_close. */
    ANTOM_ERR_CLOSED = 12,
    /**
     * Antom refused the request, or asks to send it again. See
     * antom_error_result_code.
     */
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

/**
 * Why a call failed. It holds no secrets, never changes, and may be read from
 * any thread.
 */
typedef struct antom_error antom_error;

/** The same number as the status of the call; 0 for NULL. */
antom_status antom_error_kind(const antom_error *error);

/** The name of the kind, for example "NotSent"; "" for NULL. */
const char *antom_error_kind_name(const antom_error *error);

/** What happened and what to do, in one line for people; "" for NULL. */
const char *antom_error_message(const antom_error *error);

/**
 * What to do next, in one or two sentences; "" for NULL. For ANTOM_ERR_API it
 * is Antom's advice for the result code.
 */
const char *antom_error_advice(const antom_error *error);

/**
 * 1 if it is safe to send the same request again, with the same
 * vaulting_request_id, and may succeed; else 0. 0 for NULL.
 */
int32_t antom_error_retryable(const antom_error *error);

/**
 * Antom's resultCode, for example "PARAM_ILLEGAL". NULL if the answer has
 * none, if there is no answer, or for NULL.
 */
const char *antom_error_result_code(const antom_error *error);

/** Antom's resultStatus: "S", "F" (failed) or "U" (unknown). NULL as above. */
const char *antom_error_result_status(const antom_error *error);

/** Antom's resultMessage, for people. NULL as above. */
const char *antom_error_result_message(const antom_error *error);

/**
 * 1 if the result is from an answer with a valid signature; 0 if it is not,
 * so that anybody may have written it. 0 for NULL.
 */
int32_t antom_error_authenticated(const antom_error *error);

/** The HTTP status of the answer. 0 if there is no answer, or for NULL. */
int32_t antom_error_http_status(const antom_error *error);

/** How many times the call tried to send the request. 0 for NULL. */
uint32_t antom_error_attempts(const antom_error *error);

/**
 * The vaulting_request_id of the call, also if the library made it: keep it
 * to send the request again. NULL if the call has none, or for NULL.
 */
const char *antom_error_request_id(const antom_error *error);

/**
 * The number of field rules that the request breaks. 0 for NULL, and for
 * other kinds than ANTOM_ERR_INVALID_REQUEST.
 */
size_t antom_error_violation_count(const antom_error *error);

/**
 * The field with the wrong value, named as in Antom's documentation, for
 * example "redirectUrl". index starts at 0; NULL past the end, or for NULL.
 */
const char *antom_error_violation_field(const antom_error *error, size_t index);

/** What is wrong with that field, without its value. NULL as above. */
const char *antom_error_violation_problem(
    const antom_error *error,
    size_t index);

/** Frees the error and its texts. NULL is fine. */
void antom_error_free(antom_error *error);

/* ---- keys and options ---------------------------------------------------- */

/** Antom's two vaulting products. They differ in the fields of a request. */
enum antom_product {
    /** Antom Payment Orchestration. */
    ANTOM_PRODUCT_APO = 0,
    /** Alipay Merchant Services. */
    ANTOM_PRODUCT_AMS = 1
};

/**
 * The settings of a client. Setters copy what they are given; of two calls,
 * the last one counts. A setter that fails changes nothing.
 */
typedef struct antom_options antom_options;

/** Makes empty options. NULL only if something inside the library is broken. */
antom_options *antom_options_new(void);

/**
 * Required: the client id that Antom gave you. One that begins with
 * "SANDBOX_" selects Antom's test mode.
 */
antom_status antom_options_set_client_id(
    antom_options *options,
    const char *client_id);

/**
 * Required, or the next one: your private key, which signs requests. RSA with
 * 2048 bits or more, as PEM, as DER, or as the bare base64 that Antom's
 * Dashboard shows. key_len is in bytes.
 */
antom_status antom_options_set_private_key(
    antom_options *options,
    const char *key,
    size_t key_len);

/** The same from a file, which antom_client_new reads. */
antom_status antom_options_set_private_key_path(
    antom_options *options,
    const char *path);

/** The passphrase, if the private key is encrypted. Default: none. */
antom_status antom_options_set_private_key_passphrase(
    antom_options *options,
    const char *passphrase);

/**
 * Required, or the next one: Antom's public key, which answers are verified
 * with. The same forms as the private key. It is not your own public key; test
 * mode and live mode have different ones.
 */
antom_status antom_options_set_antom_public_key(
    antom_options *options,
    const char *key,
    size_t key_len);

/** The same from a file, which antom_client_new reads. */
antom_status antom_options_set_antom_public_key_path(
    antom_options *options,
    const char *path);

/**
 * Required, or the next one: scheme, host and port of the gateway, for example
 * "https://open-sea-global.alipay.com". http only for this machine.
 */
antom_status antom_options_set_endpoint(
    antom_options *options,
    const char *url);

/**
 * One of Antom's gateways: "north_america", "asia" or "europe". Any other name
 * gives ANTOM_ERR_INVALID_ARGUMENT. An endpoint as well is ANTOM_ERR_CONFIG.
 */
antom_status antom_options_set_region(antom_options *options, const char *name);

/**
 * The product that you have a contract for: a value of enum antom_product.
 * Default: ANTOM_PRODUCT_APO.
 */
antom_status antom_options_set_product(antom_options *options, int32_t product);

/** The keyVersion of your private key. Default: "1". */
antom_status antom_options_set_key_version(
    antom_options *options,
    const char *key_version);

/** The agent-token header of agents and ISVs. Default: none. */
antom_status antom_options_set_agent_token(
    antom_options *options,
    const char *agent_token);

/**
 * How long opening a connection may take, in milliseconds: 1 to 3600000, which
 * antom_client_new checks. Default: 5000.
 */
antom_status antom_options_set_connect_timeout_ms(
    antom_options *options,
    uint32_t milliseconds);

/**
 * How long a whole call may take, all attempts and the waits between them
 * included, in milliseconds: 1 to 3600000, which antom_client_new checks.
 * Default: 30000.
 */
antom_status antom_options_set_timeout_ms(
    antom_options *options,
    uint32_t milliseconds);

/**
 * How often a failed call is tried again, where that is safe and the timeout
 * leaves time. Default: 2; 0 is never.
 */
antom_status antom_options_set_max_retries(
    antom_options *options,
    uint32_t retries);

/**
 * PEM text with a certificate authority to trust besides those of the system,
 * for example that of a local gateway. pem_len is in bytes. Default: none.
 */
antom_status antom_options_set_ca_certificate(
    antom_options *options,
    const char *pem,
    size_t pem_len);

/** The same from a file, which antom_client_new reads. */
antom_status antom_options_set_ca_certificate_path(
    antom_options *options,
    const char *path);

/**
 * An HTTP proxy, for example "http://user:password@proxy.example:3128".
 * Default: none; the variables of the environment are not read.
 */
antom_status antom_options_set_proxy(antom_options *options, const char *url);

/** Frees the options and wipes the keys in them. NULL is fine. */
void antom_options_free(antom_options *options);

/* ---- client -------------------------------------------------------------- */

/**
 * Calls Antom's API. It never changes, keeps its connections open, and serves
 * any number of threads at the same time. Make one and keep it.
 */
typedef struct antom_client antom_client;

/**
 * Makes a client and checks every option. Opens no connection. The options
 * are only read: free them afterwards, or use them again.
 */
__attribute__((warn_unused_result))
antom_status antom_client_new(
    const antom_options *options,
    antom_client **client_out,
    antom_error **error_out);

/**
 * Closes all connections, from any thread. Calls that run now, and later ones,
 * fail with ANTOM_ERR_CLOSED, or with ANTOM_ERR_OUTCOME_UNKNOWN where the
 * request had left. The client must still be freed. NULL is fine.
 */
void antom_client_close(const antom_client *client);

/**
 * Frees the client. No call may be running on it. What came from it, sessions
 * and errors, stays valid. NULL is fine.
 */
void antom_client_free(antom_client *client);

/* ---- create a vaulting session ------------------------------------------- */

/**
 * The request of createVaultingSession. Set all of it to zero, then
 * struct_size, then what you have: NULL means that a field is left out. Limits
 * are in Unicode characters.
 */
typedef struct antom_create_vaulting_session_request {
    /** sizeof(antom_create_vaulting_session_request). */
    size_t struct_size;
    /**
     * The payment method, for example "CARD". Required, at most 64. With
     * ANTOM_PRODUCT_AMS only "CARD".
     */
    const char *payment_method_type;
    /**
     * Your unique id of this vaulting, at most 64. It makes it harmless to
     * send a request again. Default: the library makes a UUID.
     */
    const char *vaulting_request_id;
    /**
     * Where Antom posts the outcome: a URL, at most 2048. Required with
     * ANTOM_PRODUCT_AMS. Default: the URL set in Antom's Dashboard.
     */
    const char *vaulting_notification_url;
    /** Where the buyer goes afterwards: a URL, at most 2048. */
    const char *redirect_url;
    /**
     * Text for the acquirer, by Antom's documentation a JSON object with
     * texts, which is not checked here; at most 2048. Only ANTOM_PRODUCT_APO.
     */
    const char *pass_through_metadata;
    /**
     * Your region, two capital letters, for example "SG". Only
     * ANTOM_PRODUCT_AMS.
     */
    const char *merchant_region;
    /**
     * Whether to ask for 3-D Secure: -1 no, 0 left out, 1 yes. Only
     * ANTOM_PRODUCT_AMS.
     */
    int32_t is_3ds_authentication;
} antom_create_vaulting_session_request;

/** A session with which the page in the browser collects the card. */
typedef struct antom_vaulting_session antom_vaulting_session;

/**
 * Creates a session: sends the request signed, and verifies the signature of
 * the answer before it is read. It is harmless to call it again with the same
 * vaulting_request_id: Antom returns the same result for it.
 */
__attribute__((warn_unused_result))
antom_status antom_client_create_vaulting_session(
    const antom_client *client,
    const antom_create_vaulting_session_request *request,
    antom_vaulting_session **session_out,
    antom_error **error_out);

/**
 * The vaulting_request_id of the request: keep it, notifications name it. ""
 * for NULL.
 */
const char *antom_vaulting_session_request_id(
    const antom_vaulting_session *session);

/**
 * vaultingSessionId, at most 64 characters. It may hold '+' and '/': escape it
 * in a URL. "" for NULL.
 */
const char *antom_vaulting_session_id(const antom_vaulting_session *session);

/**
 * vaultingSessionData, a secret: give it unchanged to Antom's SDK in the
 * browser, to nobody else, and not to a log. "" for NULL. Wiped by _free.
 */
const char *antom_vaulting_session_data(const antom_vaulting_session *session);

/** The length of the data in bytes, without the NUL byte. 0 for NULL. */
size_t antom_vaulting_session_data_len(const antom_vaulting_session *session);

/**
 * When the session expires, as RFC 3339 text, for example
 * "2026-08-17T13:00:00+08:00". "" for NULL.
 */
const char *antom_vaulting_session_expires_at(
    const antom_vaulting_session *session);

/**
 * A page of Antom's that collects the card. NULL if the product has none, or
 * for NULL.
 */
const char *antom_vaulting_session_normal_url(
    const antom_vaulting_session *session);

/**
 * The whole verified answer as JSON, for members that have no function here.
 * It holds the data, so it is a secret too. "" for NULL. Wiped by _free.
 */
const char *antom_vaulting_session_raw(const antom_vaulting_session *session);

/** The length of the JSON in bytes, without the NUL byte. 0 for NULL. */
size_t antom_vaulting_session_raw_len(const antom_vaulting_session *session);

/** Frees the session and wipes its secrets. NULL is fine. */
void antom_vaulting_session_free(antom_vaulting_session *session);

/* ---- sign and verify what this library does not send --------------------- */

/** A signature that antom_client_sign made. */
typedef struct antom_signature antom_signature;

/**
 * Signs a request that your program sends itself. path is signed as it is
 * given: for a client id that begins with "SANDBOX_" it begins with
 * "/ams/sandbox/api". time is the text of the request-time header, in
 * milliseconds since 1970. body is what you send, body_len its length in
 * bytes; NULL is fine if the length is 0.
 */
__attribute__((warn_unused_result))
antom_status antom_client_sign(
    const antom_client *client,
    const char *method,
    const char *path,
    const char *time,
    const char *body,
    size_t body_len,
    antom_signature **signature_out,
    antom_error **error_out);

/** The value of the signature header. "" for NULL. */
const char *antom_signature_header(const antom_signature *signature);

/** Frees the signature. NULL is fine. */
void antom_signature_free(antom_signature *signature);

/**
 * Checks an answer that your program received itself. signature_header is the
 * value of its signature header, time of its response-time header; method and
 * path are those of the request. ANTOM_OK: Antom's key signed exactly these
 * values for your client id. ANTOM_ERR_UNTRUSTED_RESPONSE: it did not.
 */
__attribute__((warn_unused_result))
antom_status antom_client_verify(
    const antom_client *client,
    const char *method,
    const char *path,
    const char *time,
    const char *body,
    size_t body_len,
    const char *signature_header,
    antom_error **error_out);

#include "antom/end.h"

#endif /* ANTOM_H */
