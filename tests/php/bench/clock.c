/*
 * libantom with a clock: a library before libantom that notes when a call enters it and when it leaves. What lies
 * outside is the PHP package's. It can also repeat the last answer without asking libantom, so that the package is
 * all that runs.
 */
#define _GNU_SOURCE
#include "antom.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t clock_entered(void);
uint64_t clock_left(void);
void clock_repeat_last_answer(void);

static uint64_t entered;
static uint64_t left;
static int repeats;
static antom_vaulting_session *last;

/** Nanoseconds, as PHP's hrtime() counts them. */
static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t clock_entered(void) {
    return entered;
}

uint64_t clock_left(void) {
    return left;
}

/** The function of libantom that this library hides. */
static void *hidden(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "libantom has no %s\n", name);
        exit(1);
    }
    return function;
}

void clock_repeat_last_answer(void) {
    repeats = 1;
}

antom_status antom_client_create_vaulting_session(
    const antom_client *client, const antom_create_vaulting_session_request *request,
    antom_vaulting_session **session_out, antom_error **error_out) {
    static antom_status (*function)(const antom_client *,
                                    const antom_create_vaulting_session_request *,
                                    antom_vaulting_session **, antom_error **);
    antom_status status = ANTOM_OK;
    if (function == NULL) {
        *(void **)&function = hidden("antom_client_create_vaulting_session");
    }
    entered = now();
    if (repeats) {
        *session_out = last;
    } else {
        status = function(client, request, session_out, error_out);
    }
    left = now();
    return status;
}

/** The last session is kept, and the one before it is freed instead. */
void antom_vaulting_session_free(antom_vaulting_session *session) {
    static void (*function)(antom_vaulting_session *);
    if (function == NULL) {
        *(void **)&function = hidden("antom_vaulting_session_free");
    }
    if (session != last) {
        function(last);
        last = session;
    }
}
