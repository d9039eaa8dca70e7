/*
 * Receives Antom's notifications as a CGI program, which any web server runs. To compile it, with
 * libantom's files in DIR:
 *   cc receive_notification.c -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom
 */
#include <antom.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST_BODY = 1024 * 1024 };

/* The web server's log gets what is written to standard error. */
static int refuse(const char *status, antom_error *error) {
    fprintf(stderr, "%s: %s\n", antom_error_kind_name(error), antom_error_message(error));
    antom_error_free(error);
    printf("Status: %s\r\n\r\n", status);
    return EXIT_SUCCESS;
}

/* Keeps the token. 0 if that failed: then Antom must send the notification again. */
static int handle(const antom_vaulting *vaulting) {
    int32_t outcome = antom_vaulting_outcome(vaulting);
    fprintf(stderr, "vaulting %s: outcome %d\n", antom_vaulting_request_id(vaulting), (int)outcome);
    return 1;
}

int main(void) {
    static char body[LARGEST_BODY];
    size_t body_len = fread(body, 1, sizeof body, stdin);
    antom_header headers[3];
    size_t header_count = 0;
    size_t i;
    antom_options *options = antom_options_new();
    antom_client *client = NULL;
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    antom_status status;

    headers[0].name = "client-id";
    headers[0].value = getenv("HTTP_CLIENT_ID");
    headers[1].name = "request-time";
    headers[1].value = getenv("HTTP_REQUEST_TIME");
    headers[2].name = "signature";
    headers[2].value = getenv("HTTP_SIGNATURE");
    for (i = 0; i < 3; i++) {
        if (headers[i].value != NULL) {
            headers[header_count++] = headers[i];
        }
    }

    antom_options_set_client_id(options, getenv("ANTOM_CLIENT_ID"));
    antom_options_set_private_key_path(options, getenv("ANTOM_PRIVATE_KEY_PATH"));
    antom_options_set_antom_public_key_path(options, getenv("ANTOM_PUBLIC_KEY_PATH"));
    antom_options_set_endpoint(options, getenv("ANTOM_ENDPOINT"));
    status = antom_client_new(options, &client, &error);
    antom_options_free(options);
    if (status != ANTOM_OK) {
        return refuse("500 Internal Server Error", error);
    }
    status = antom_client_verify_notification(client, getenv("REQUEST_METHOD"),
                                              getenv("REQUEST_URI"), headers, header_count, body,
                                              body_len, 0, &vaulting, &error);
    antom_client_free(client);
    if (status != ANTOM_OK) {
        return refuse("400 Bad Request", error);
    }
    if (!handle(vaulting)) {
        printf("Status: 500 Internal Server Error\r\n\r\n");
    } else {
        printf("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n%s",
               antom_acknowledgement());
    }
    antom_vaulting_free(vaulting);
    return EXIT_SUCCESS;
}
