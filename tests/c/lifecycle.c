/*
 * Clients over time: used again, shared by threads, closed, and inherited by a child process.
 *
 *   lifecycle                  everything
 *   lifecycle --but-memory     without the tests for flat memory
 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void a_session_outlives_its_client(void) {
    antom_client *client = gateway_client(NULL);
    antom_vaulting_session *session = NULL;
    EXPECT(create(client, NULL, &session, NULL) == ANTOM_OK);
    antom_client_free(client);
    EXPECT(strlen(antom_vaulting_session_request_id(session)) == 36);
    EXPECT(strstr(antom_vaulting_session_raw(session), "vaultingSessionData") != NULL);
    antom_vaulting_session_free(session);
}

static void options_make_more_than_one_client(void) {
    antom_options *options = antom_options_new();
    antom_client *first = NULL;
    antom_client *second = NULL;
    antom_options_set_client_id(options, setting("client_id"));
    antom_options_set_private_key_path(options, setting("private_key_path"));
    antom_options_set_antom_public_key_path(options, setting("antom_public_key_path"));
    antom_options_set_endpoint(options, setting("endpoint"));
    EXPECT(antom_client_new(options, &first, NULL) == ANTOM_OK);
    /* The test gateway's certificate is not known to the first. */
    antom_options_set_ca_certificate_path(options, setting("ca_certificate_path"));
    EXPECT(antom_client_new(options, &second, NULL) == ANTOM_OK);
    antom_options_free(options);
    EXPECT(create(first, NULL, NULL, NULL) == ANTOM_ERR_INVALID_ARGUMENT);
    {
        antom_vaulting_session *session = NULL;
        EXPECT(create(first, NULL, &session, NULL) == ANTOM_ERR_NOT_SENT);
        EXPECT(session == NULL);
        EXPECT(create(second, NULL, &session, NULL) == ANTOM_OK);
        antom_vaulting_session_free(session);
    }
    antom_client_free(first);
    antom_client_free(second);
}

/* ---- threads ------------------------------------------------------------- */

enum { THREADS = 8, CALLS = 10 };

static void *call_often(void *context) {
    const antom_client *client = context;
    size_t good = 0;
    int i;
    for (i = 0; i < CALLS; i++) {
        antom_vaulting_session *session = NULL;
        good += create(client, NULL, &session, NULL) == ANTOM_OK;
        antom_vaulting_session_free(session);
    }
    return (void *)good;
}

static void one_client_serves_many_threads(void) {
    antom_client *client = gateway_client(NULL);
    pthread_t threads[THREADS];
    size_t i;
    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, call_often, client) != 0) {
            die("no thread");
        }
    }
    for (i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        EXPECT((size_t)good == CALLS);
    }
    antom_client_free(client);
}

/* ---- close --------------------------------------------------------------- */

static void a_closed_client_refuses_calls(void) {
    antom_client *client = gateway_client(NULL);
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    antom_client_close(client);
    antom_client_close(client);
    EXPECT(create(client, NULL, &session, &error) == ANTOM_ERR_CLOSED);
    EXPECT(session == NULL);
    EXPECT(antom_error_retryable(error) == 0);
    antom_error_free(error);
    antom_client_free(client);
}

struct waiting {
    const antom_client *client;
    const char *request_id;
    antom_status status;
};

static void *call_once(void *context) {
    struct waiting *waiting = context;
    antom_vaulting_session *session = NULL;
    waiting->status = create(waiting->client, waiting->request_id, &session, NULL);
    antom_vaulting_session_free(session);
    return NULL;
}

/* Closes the client while the call waits; the default timeout is 30 s. */
static antom_status status_of_a_closed_call(antom_client *client, const char *request_id) {
    const struct timespec moment = {0, 500 * 1000 * 1000};
    struct waiting waiting;
    pthread_t thread;
    time_t start = time(NULL);
    waiting.client = client;
    waiting.request_id = request_id;
    if (pthread_create(&thread, NULL, call_once, &waiting) != 0) {
        die("no thread");
    }
    nanosleep(&moment, NULL);
    antom_client_close(client);
    pthread_join(thread, NULL);
    antom_client_free(client);
    EXPECT(time(NULL) - start < 10);
    return waiting.status;
}

static void close_ends_a_call_that_connects(void) {
    antom_client *client = gateway_client(value("stalled"));
    EXPECT(status_of_a_closed_call(client, "1") == ANTOM_ERR_CLOSED);
}

/* The name of a case to which the test gateway never answers. */
static void close_leaves_the_outcome_of_a_sent_request_unknown(void) {
    antom_status status =
        status_of_a_closed_call(gateway_client(NULL), "silence_leaves_the_outcome_unknown");
    EXPECT(status == ANTOM_ERR_OUTCOME_UNKNOWN);
}

/* ---- fork ---------------------------------------------------------------- */

static int works(const antom_client *client) {
    antom_vaulting_session *session = NULL;
    int good = create(client, NULL, &session, NULL) == ANTOM_OK;
    antom_vaulting_session_free(session);
    return good;
}

/* Whether a child process that is forked now makes its own calls with the client, and frees it. */
static pid_t fork_a_caller(antom_client *client) {
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int good = 1;
        int i;
        for (i = 0; i < 3; i++) {
            good = good && works(client);
        }
        antom_client_free(client);
        _exit(good ? 0 : 1);
    }
    return child;
}

static void expect_success(pid_t child) {
    int status = -1;
    EXPECT(child > 0 && waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_child_process_uses_the_client(void) {
    antom_client *client = gateway_client(NULL);
    pid_t child;
    int i;
    EXPECT(works(client));
    child = fork_a_caller(client);
    /* At the same time as the child: on one connection the two would break each other. */
    for (i = 0; i < 3; i++) {
        EXPECT(works(client));
    }
    expect_success(child);
    EXPECT(works(client));
    antom_client_free(client);
}

static void a_child_process_makes_the_first_call(void) {
    antom_client *client = gateway_client(NULL);
    expect_success(fork_a_caller(client));
    EXPECT(works(client));
    antom_client_free(client);
}

/* A thread of the parent waits for an answer, which the child has no part in. */
static void a_child_process_is_forked_during_a_call(void) {
    const struct timespec moment = {0, 300 * 1000 * 1000};
    antom_client *client = gateway_client(NULL);
    struct waiting waiting;
    pthread_t thread;
    EXPECT(works(client));
    waiting.client = client;
    waiting.request_id = "silence_leaves_the_outcome_unknown";
    if (pthread_create(&thread, NULL, call_once, &waiting) != 0) {
        die("no thread");
    }
    nanosleep(&moment, NULL);
    expect_success(fork_a_caller(client));
    antom_client_close(client);
    pthread_join(thread, NULL);
    EXPECT(waiting.status == ANTOM_ERR_OUTCOME_UNKNOWN);
    antom_client_free(client);
}

/* A child of a child, whose parent called before. */
static void a_grandchild_uses_the_client(void) {
    antom_client *client = gateway_client(NULL);
    pid_t child;
    EXPECT(works(client));
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int status = -1;
        int good = works(client);
        pid_t grandchild = fork_a_caller(client);
        good = good && waitpid(grandchild, &status, 0) == grandchild && status == 0;
        _exit(good && works(client) ? 0 : 1);
    }
    expect_success(child);
    EXPECT(works(client));
    antom_client_free(client);
}

/* ---- memory -------------------------------------------------------------- */

/* What the process occupies, in kilobytes. */
static long resident_kb(void) {
    char *content = read_file("/proc/self/status", NULL);
    long kilobytes = strtol(strstr(content, "VmRSS:") + strlen("VmRSS:"), NULL, 10);
    free(content);
    return kilobytes;
}

/* Everything that needs no network, made and freed. */
static void make_and_free(const antom_client *client, const antom_options *options) {
    antom_options *other = antom_options_new();
    antom_client *limited = NULL;
    antom_client *none = NULL;
    antom_vaulting *vaulting = NULL;
    antom_diagnosis *diagnosis = NULL;
    antom_error *error = NULL;
    antom_replay_guard *guard = antom_replay_guard_new(1000, 60);
    antom_client *shared = NULL;
    EXPECT(antom_client_with_limits(client, 1000, 0, &limited, NULL) == ANTOM_OK);
    EXPECT(antom_client_new(options, &shared, NULL) == ANTOM_OK);
    EXPECT(antom_client_new(other, &none, &error) == ANTOM_ERR_CONFIG);
    antom_error_free(error);
    EXPECT(antom_client_inquire_vaulting(client, "", NULL, &vaulting, &error) ==
           ANTOM_ERR_INVALID_REQUEST);
    antom_error_free(error);
    EXPECT(antom_client_diagnose(client, 0, "POST", "/", "x", "1", "{}", 2, "", &diagnosis, NULL) ==
           ANTOM_OK);
    antom_diagnosis_free(diagnosis);
    antom_replay_guard_free(guard);
    antom_options_free(other);
    antom_client_free(limited);
    antom_client_free(shared);
}

/* Measured after a fifth more cycles, in which the allocator settles. */
static void expect_flat_memory(int cycles,
                               void (*cycle)(const antom_client *, const antom_options *)) {
    const long most_growth_kb = 512;
    antom_client *client = gateway_client(NULL);
    antom_options *options = gateway_options();
    long before;
    int i;
    antom_options_set_shared(options, 1);
    for (i = 0; i < cycles / 5; i++) {
        cycle(client, options);
    }
    before = resident_kb();
    for (i = 0; i < cycles; i++) {
        cycle(client, options);
    }
    if (resident_kb() - before > most_growth_kb) {
        fail("%ld KB more after %d cycles", resident_kb() - before, cycles);
    }
    antom_options_free(options);
    antom_client_free(client);
}

static void ten_thousand_objects_leave_no_memory_behind(void) {
    expect_flat_memory(10000, make_and_free);
}

static void call_with_a_new_client(const antom_client *client, const antom_options *options) {
    antom_client *own = gateway_client(NULL);
    (void)client, (void)options;
    EXPECT(works(own));
    antom_client_free(own);
}

static void clients_with_connections_leave_no_memory_behind(void) {
    expect_flat_memory(100, call_with_a_new_client);
}

int main(int argc, char **argv) {
    begin("lifecycle/a_session_outlives_its_client");
    a_session_outlives_its_client();
    begin("lifecycle/options_make_more_than_one_client");
    options_make_more_than_one_client();
    begin("lifecycle/one_client_serves_many_threads");
    one_client_serves_many_threads();
    begin("lifecycle/a_closed_client_refuses_calls");
    a_closed_client_refuses_calls();
    begin("lifecycle/close_ends_a_call_that_connects");
    close_ends_a_call_that_connects();
    begin("lifecycle/close_leaves_the_outcome_of_a_sent_request_unknown");
    close_leaves_the_outcome_of_a_sent_request_unknown();
    begin("lifecycle/a_child_process_uses_the_client");
    a_child_process_uses_the_client();
    begin("lifecycle/a_child_process_makes_the_first_call");
    a_child_process_makes_the_first_call();
    begin("lifecycle/a_child_process_is_forked_during_a_call");
    a_child_process_is_forked_during_a_call();
    begin("lifecycle/a_grandchild_uses_the_client");
    a_grandchild_uses_the_client();
    if (argc > 1 && strcmp(argv[1], "--but-memory") == 0) {
        return finish();
    }
    begin("lifecycle/ten_thousand_objects_leave_no_memory_behind");
    ten_thousand_objects_leave_no_memory_behind();
    begin("lifecycle/clients_with_connections_leave_no_memory_behind");
    clients_with_connections_leave_no_memory_behind();
    return finish();
}
