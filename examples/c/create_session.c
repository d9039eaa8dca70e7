/*
 * Creates a vaulting session. To compile it, with libantom's files in DIR:
 *   cc create_session.c -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom
 */
#include <antom.h>
#include <stdio.h>
#include <stdlib.h>

static int report(antom_error *error) {
    fprintf(stderr, "%s: %s\n%s\n", antom_error_kind_name(error), antom_error_message(error),
            antom_error_advice(error));
    antom_error_free(error);
    return EXIT_FAILURE;
}

int main(void) {
    antom_create_vaulting_session_request request = {0};
    antom_options *options = antom_options_new();
    antom_client *client = NULL;
    antom_vaulting_session *session = NULL;
    antom_error *error = NULL;
    antom_status status;

    /* Setters have a status too. What is NULL here is missing in antom_client_new. */
    antom_options_set_client_id(options, getenv("ANTOM_CLIENT_ID"));
    antom_options_set_private_key_path(options, getenv("ANTOM_PRIVATE_KEY_PATH"));
    antom_options_set_antom_public_key_path(options, getenv("ANTOM_PUBLIC_KEY_PATH"));
    antom_options_set_endpoint(options, getenv("ANTOM_ENDPOINT"));
    if (getenv("ANTOM_CA_CERTIFICATE_PATH") != NULL) {
        antom_options_set_ca_certificate_path(options, getenv("ANTOM_CA_CERTIFICATE_PATH"));
    }
    status = antom_client_new(options, &client, &error);
    antom_options_free(options);
    if (status != ANTOM_OK) {
        return report(error);
    }

    request.struct_size = sizeof request;
    request.payment_method_type = "CARD";
    request.vaulting_notification_url = "https://shop.example/antom/notify";
    request.redirect_url = "https://shop.example/cards";
    status = antom_client_create_vaulting_session(client, &request, &session, &error);
    antom_client_free(client); /* A server keeps its client. */
    if (status != ANTOM_OK) {
        return report(error);
    }

    printf("request id  %s\n", antom_vaulting_session_request_id(session));
    printf("session id  %s\n", antom_vaulting_session_id(session));
    printf("expires at  %s\n", antom_vaulting_session_expires_at(session));
    /* The data itself goes to the page with Antom's SDK, and to no log. */
    printf("data        %lu bytes\n", (unsigned long)antom_vaulting_session_data_len(session));
    antom_vaulting_session_free(session);
    return EXIT_SUCCESS;
}
