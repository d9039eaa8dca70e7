/*
 * Asks what became of a vaulting, for example after a timeout. To compile it, with libantom's
 * files in DIR:
 *   cc inquire_vaulting.c -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom
 * Then: a.out VAULTING_REQUEST_ID
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

static const char *or_none(const char *text) {
    return text == NULL ? "none" : text;
}

int main(int argc, char **argv) {
    antom_options *options = antom_options_new();
    antom_client *client = NULL;
    antom_vaulting *vaulting = NULL;
    antom_error *error = NULL;
    antom_status status;

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

    status = antom_client_recover(client, argc > 1 ? argv[1] : NULL, &vaulting, &error);
    antom_client_free(client);
    if (status != ANTOM_OK) {
        return report(error);
    }
    switch (antom_vaulting_outcome(vaulting)) {
    case ANTOM_OUTCOME_SUCCEEDED:
        /* The card token goes to where your passwords are, and to no log. */
        printf("vaulted: %s ending in %s\n", or_none(antom_vaulting_card_brand(vaulting)),
               or_none(antom_vaulting_card_last_four(vaulting)));
        break;
    case ANTOM_OUTCOME_FAILED:
        printf("failed: %s\n", or_none(antom_vaulting_code(vaulting)));
        break;
    case ANTOM_OUTCOME_NEVER_ARRIVED:
        printf("never arrived: send it again with the same id\n");
        break;
    default:
        printf("not finished; the buyer goes to: %s\n", or_none(antom_vaulting_next_url(vaulting)));
    }
    antom_vaulting_free(vaulting);
    return EXIT_SUCCESS;
}
