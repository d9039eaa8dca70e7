/* Clients with the same options that share their connections, for hosts that make one for every task. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test has a timeout of its own, so that it shares with no other test. */
static uint32_t timeout_ms = 20000;

static antom_options *shared_options(void) {
    antom_options *options = gateway_options();
    EXPECT(antom_options_set_shared(options, 1) == ANTOM_OK);
    antom_options_set_timeout_ms(options, timeout_ms);
    return options;
}

/* The connection of a client that is made for this one call, as a web page's script does. */
static int connection_of_a_task(antom_options *options) {
    antom_client *client = client_of(options);
    int connection = connection_of(client);
    antom_client_free(client);
    EXPECT(connection >= 0);
    return connection;
}

static void the_same_options_give_the_same_connection(void) {
    antom_client *first = client_of(shared_options());
    antom_client *second = client_of(shared_options());
    int connection = connection_of(first);
    EXPECT(connection >= 0 && connection_of(second) == connection);
    antom_client_free(first);
    EXPECT(connection_of(second) == connection);
    antom_client_free(second);
}

static void the_connection_stays_open_after_the_last_free(void) {
    int connection = connection_of_a_task(shared_options());
    EXPECT(connection_of_a_task(shared_options()) == connection);
    EXPECT(connection_of_a_task(shared_options()) == connection);
}

static void clients_that_are_not_shared_have_their_own(void) {
    antom_client *first = gateway_client(NULL);
    antom_client *second = gateway_client(NULL);
    EXPECT(connection_of(first) != connection_of(second));
    antom_client_free(first);
    antom_client_free(second);
}

typedef void change(antom_options *);

static void other_product(antom_options *options) {
    antom_options_set_product(options, ANTOM_PRODUCT_AMS);
}

static void other_retries(antom_options *options) {
    antom_options_set_max_retries(options, 0);
}

static void other_connect_timeout(antom_options *options) {
    antom_options_set_connect_timeout_ms(options, 4000);
}

static void other_age(antom_options *options) {
    antom_options_set_max_response_age_s(options, 1000);
}

static void other_keys(antom_options *options) {
    size_t length;
    char *key = key_bytes("stranger", "public_spki_der_b64", &length);
    antom_options_add_antom_public_key(options, "7", key, length);
    free(key);
}

static void other_endpoint(antom_options *options) {
    antom_options_set_endpoint(options, value("localhost"));
}

static void other_proxy(antom_options *options) {
    antom_options_set_proxy(options, value("proxy"));
}

static void other_options_give_another_client(void) {
    static change *const changes[] = {other_retries, other_connect_timeout, other_age,
                                      other_keys,    other_endpoint,        other_proxy};
    int connections[7];
    size_t i, j;
    connections[0] = connection_of_a_task(shared_options());
    for (i = 0; i < 6; i++) {
        antom_options *options = shared_options();
        changes[i](options);
        connections[i + 1] = connection_of_a_task(options);
        for (j = 0; j <= i; j++) {
            EXPECT(connections[j] != connections[i + 1]);
        }
    }
    EXPECT(connection_of_a_task(shared_options()) == connections[0]);
}

/* A request of one product that the other forbids: the settings are not mixed up. */
static void another_product_judges_by_its_own_rules(void) {
    antom_options *options = shared_options();
    antom_client *first = client_of(shared_options());
    antom_client *second;
    antom_vaulting_session *session = NULL;
    other_product(options);
    second = client_of(options);
    EXPECT(create(second, NULL, &session, NULL) == ANTOM_ERR_INVALID_REQUEST);
    EXPECT(create(first, NULL, &session, NULL) == ANTOM_OK);
    antom_vaulting_session_free(session);
    antom_client_free(first);
    antom_client_free(second);
}

static void write_file(const char *path, const char *content, size_t length) {
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(content, 1, length, file) != length || fclose(file) != 0) {
        die("cannot write %s", path);
    }
}

static antom_options *options_with_key_file(const char *path) {
    antom_options *options = shared_options();
    antom_options_set_private_key_path(options, path);
    return options;
}

static void a_changed_key_file_gives_another_client(void) {
    char path[] = "/tmp/antom-shared-XXXXXX";
    int file = mkstemp(path);
    size_t length;
    char *key = read_file(setting("private_key_path"), &length);
    int connection;
    if (file < 0) {
        die("no temporary file");
    }
    close(file);
    write_file(path, key, length);
    connection = connection_of_a_task(options_with_key_file(path));
    EXPECT(connection_of_a_task(options_with_key_file(path)) == connection);
    /* The same key with a line's end more. */
    key[length] = '\n';
    write_file(path, key, length + 1);
    EXPECT(connection_of_a_task(options_with_key_file(path)) != connection);
    remove(path);
    free(key);
}

static void a_key_file_that_is_gone_makes_no_client(void) {
    antom_options *options = options_with_key_file("/nothing/key.pem");
    antom_client *client = NULL;
    EXPECT(antom_client_new(options, &client, NULL) == ANTOM_ERR_CONFIG);
    EXPECT(antom_client_new(options, &client, NULL) == ANTOM_ERR_CONFIG);
    EXPECT(client == NULL);
    antom_options_free(options);
}

static void close_is_for_all_and_the_next_client_is_new(void) {
    antom_client *first = client_of(shared_options());
    antom_client *second = client_of(shared_options());
    int connection = connection_of(first);
    antom_vaulting_session *session = NULL;
    antom_client_close(second);
    EXPECT(create(first, NULL, &session, NULL) == ANTOM_ERR_CLOSED);
    EXPECT(session == NULL);
    antom_client_free(first);
    EXPECT(connection_of_a_task(shared_options()) != connection);
    antom_client_free(second);
    EXPECT(connection_of_a_task(shared_options()) >= 0);
}

static void no_more_than_64_are_kept(void) {
    const uint32_t first = timeout_ms;
    int connection = connection_of_a_task(shared_options());
    antom_client *kept = client_of(shared_options());
    antom_client *fresh;
    int i;
    for (i = 0; i < 64; i++) {
        timeout_ms++;
        antom_client_free(client_of(shared_options()));
        /* The one that goes lives on in the handle that uses it. */
        EXPECT(i % 8 != 7 || connection_of(kept) == connection);
    }
    timeout_ms = first;
    fresh = client_of(shared_options());
    EXPECT(connection_of(fresh) != connection);
    antom_client_free(kept);
    antom_client_free(fresh);
    timeout_ms += 64;
}

enum { THREADS = 8, TASKS = 5 };

static void *run_tasks(void *context) {
    size_t good = 0;
    int i;
    (void)context;
    for (i = 0; i < TASKS; i++) {
        antom_client *client = client_of(shared_options());
        good += connection_of(client) >= 0;
        antom_client_free(client);
    }
    return (void *)good;
}

static void many_threads_make_and_free_shared_clients(void) {
    pthread_t threads[THREADS];
    int connection = connection_of_a_task(shared_options());
    size_t i;
    /* What the threads read is read already. */
    (void)setting("endpoint");
    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, run_tasks, NULL) != 0) {
            die("no thread");
        }
    }
    for (i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        EXPECT((size_t)good == TASKS);
    }
    EXPECT(connection >= 0);
}

static void a_child_process_has_connections_of_its_own(void) {
    int connection = connection_of_a_task(shared_options());
    int status = -1;
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int own = connection_of_a_task(shared_options());
        int again = connection_of_a_task(shared_options());
        _exit(own >= 0 && own != connection && own == again ? 0 : 1);
    }
    EXPECT(child > 0 && waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(connection_of_a_task(shared_options()) == connection);
}

#define RUN(test) (begin("shared/" #test), timeout_ms++, test())

int main(void) {
    RUN(the_same_options_give_the_same_connection);
    RUN(the_connection_stays_open_after_the_last_free);
    RUN(clients_that_are_not_shared_have_their_own);
    RUN(other_options_give_another_client);
    RUN(another_product_judges_by_its_own_rules);
    RUN(a_changed_key_file_gives_another_client);
    RUN(a_key_file_that_is_gone_makes_no_client);
    RUN(close_is_for_all_and_the_next_client_is_new);
    RUN(no_more_than_64_are_kept);
    RUN(many_threads_make_and_free_shared_clients);
    RUN(a_child_process_has_connections_of_its_own);
    return finish();
}
