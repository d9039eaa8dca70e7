/* What the C tests share: results, files, base64, and the gateway's settings. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <antom.h>
#include <cjson/cJSON.h>

/* Begins a check; it fails if fail() is called before the next one begins. */
void begin(const char *format, ...);
/* Notes why the check fails. */
void fail(const char *format, ...);
/* Ends the last check and gives the exit status of the program. */
int finish(void);

/* fail() with the place, unless the condition holds. */
#define EXPECT(condition) ((condition) ? (void)0 : fail("line %d: " #condition, __LINE__))
#define EXPECT_TEXT(found, expected) expect_text(__LINE__, found, expected)
void expect_text(int line, const char *found, const char *expected);

/* Ends the program: what stops it has nothing to do with libantom. */
void die(const char *format, ...);

/* The content of a file below the project's folder, to be freed. */
char *read_file(const char *path, size_t *length_out);
/* The same as JSON, to be deleted. */
cJSON *read_json(const char *path);
/* Bytes to be freed. */
char *from_base64(const char *text, size_t *length_out);
/* The text of a member, which must be there. */
const char *text_of(const cJSON *object, const char *member);

/* The line of JSON that the test gateway printed. */
const cJSON *gateway(void);
/* A setting of the test gateway, and another of its values. */
const char *setting(const char *name);
const char *value(const char *name);
/* Options with the test gateway's settings, to be freed. */
antom_options *gateway_options(void);
/* A client with these options, which are freed. */
antom_client *client_of(antom_options *options);
/* A client of the test gateway; with another endpoint unless it is NULL. */
antom_client *gateway_client(const char *endpoint);

/* Creates a vaulting session; with an id of the library's own if request_id is NULL. */
antom_status create(const antom_client *client, const char *request_id,
                    antom_vaulting_session **session_out, antom_error **error_out);
/* The number of the connection by which the gateway was asked; -1 if it did not answer. */
int connection_of(const antom_client *client);

/* tests/vectors/signatures.json */
const cJSON *vectors(void);
/* The bytes of a key in it, for example "merchant" and "public_spki_der_b64", to be freed. */
char *key_bytes(const char *owner, const char *form, size_t *length_out);
/* A client that reaches nobody, with the keys of these names in the vectors. */
antom_client *offline_client(const char *own_key, const char *antom_key, const char *client_id);

#endif
