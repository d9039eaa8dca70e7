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

