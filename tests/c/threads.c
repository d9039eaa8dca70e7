/*
 * 16 threads on one client, and on objects that they share; for helgrind, which looks for races.
 *
 *   threads             what the library promises
 *   threads --race      a race in this program, which helgrind must find
 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 16, ROUNDS = 3 };

static antom_client *client;
static antom_vaulting *vaulting;
static antom_error *shared_error;
static antom_replay_guard *guard;

static int reads_what_all_share(void) {
    return strcmp(antom_vaulting_card_token(vaulting), "TOKEN+/==") == 0 &&
           strcmp(antom_error_result_code(shared_error), "VAULTING_NOT_EXIST") == 0;
}

static int signs_and_verifies(void) {
    antom_signature *signature = NULL;
    int good = antom_client_sign(client, "POST", "/", "1", "{}", 2, &signature, NULL) == ANTOM_OK;
    good = good &&
           antom_client_verify(client, "POST", "/", "1", "{}", 2, antom_signature_header(signature),
                               NULL) == ANTOM_ERR_UNTRUSTED_RESPONSE;
    antom_signature_free(signature);
    return good;
}

static int inquires(void) {
    antom_vaulting *own = NULL;
    int good =
        antom_client_inquire_vaulting(client, "inquiry_processing", NULL, &own, NULL) == ANTOM_OK;
    antom_vaulting_free(own);
    return good;
}

static int limits(void) {
    antom_client *limited = NULL;
    int good = antom_client_with_limits(client, 20000, 0, &limited, NULL) == ANTOM_OK &&
               connection_of(limited) >= 0;
    antom_client_free(limited);
    return good;
}

static int uses_a_shared_client(void) {
    antom_options *options = gateway_options();
    antom_client *own = NULL;
    int good;
    antom_options_set_shared(options, 1);
    good = antom_client_new(options, &own, NULL) == ANTOM_OK && connection_of(own) >= 0;
    antom_options_free(options);
    antom_client_free(own);
    return good;
}

static int claims(void) {
    (void)antom_replay_guard_claim(guard, vaulting);
    antom_replay_guard_release(guard, vaulting);
    return 1;
}

static void *work(void *context) {
    size_t good = 0;
    int i;
    (void)context;
    for (i = 0; i < ROUNDS; i++) {
        good += reads_what_all_share() && signs_and_verifies() && inquires() && limits() &&
                uses_a_shared_client() && claims();
    }
    return (void *)good;
}

static void sixteen_threads_share_everything(void) {
    pthread_t threads[THREADS];
    size_t i;
    client = gateway_client(NULL);
    guard = antom_replay_guard_new(10, 60);
    EXPECT(antom_client_inquire_vaulting(client, "inquiry_succeeded", NULL, &vaulting, NULL) ==
           ANTOM_OK);
    {
        antom_vaulting *none = NULL;
        EXPECT(antom_client_inquire_vaulting(client, "inquiry_never_arrived", NULL, &none,
                                             &shared_error) == ANTOM_ERR_API);
    }
    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
            die("no thread");
        }
    }
    for (i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        EXPECT((size_t)good == ROUNDS);
    }
    antom_client_close(client);
    antom_vaulting_free(vaulting);
    antom_error_free(shared_error);
    antom_replay_guard_free(guard);
    antom_client_free(client);
}

static int unguarded;

static void *count(void *context) {
    (void)context;
    unguarded++;
    return NULL;
}

static void two_threads_race(void) {
    pthread_t threads[2];
    size_t i;
    for (i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, count, NULL) != 0) {
            die("no thread");
        }
    }
    for (i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    EXPECT(unguarded > 0);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--race") == 0) {
        begin("threads/two_threads_race");
        two_threads_race();
        return finish();
    }
    begin("threads/sixteen_threads_share_everything");
    sixteen_threads_share_everything();
    return finish();
}
