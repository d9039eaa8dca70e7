/* libantom and another Rust library, both static, in one program. */
#include <antom.h>
#include <stdio.h>

int second_catches_a_panic(void);

int main(void) {
    antom_client *client = NULL;
    antom_options *options = antom_options_new();
    antom_error *error = NULL;
    int good = antom_client_new(options, &client, &error) == ANTOM_ERR_CONFIG &&
               second_catches_a_panic() == 1;
    puts(antom_error_message(error));
    antom_error_free(error);
    antom_options_free(options);
    return good ? 0 : 1;
}
