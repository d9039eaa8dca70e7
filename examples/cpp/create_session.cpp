// Creates a vaulting session. To compile it, with libantom's files in DIR:
//   c++ -std=c++17 create_session.cpp -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom
#include <antom.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

static std::string setting(const char *name) {
    const char *value = std::getenv(name);
    return value == nullptr ? "" : value;
}

int main() {
    try {
        antom::Options options;
        options.client_id(setting("ANTOM_CLIENT_ID"))
            .private_key_path(setting("ANTOM_PRIVATE_KEY_PATH"))
            .antom_public_key_path(setting("ANTOM_PUBLIC_KEY_PATH"))
            .endpoint(setting("ANTOM_ENDPOINT"));
        if (!setting("ANTOM_CA_CERTIFICATE_PATH").empty()) {
            options.ca_certificate_path(setting("ANTOM_CA_CERTIFICATE_PATH"));
        }
        const antom::Client client(options);

        antom::CreateVaultingSession request;
        request.payment_method_type = "CARD";
        request.vaulting_notification_url = "https://shop.example/antom/notify";
        request.redirect_url = "https://shop.example/cards";
        const antom::VaultingSession session = client.create_vaulting_session(request);

        std::cout << "request id  " << session.request_id() << '\n'
                  << "session id  " << session.id() << '\n'
                  << "expires at  " << session.expires_at()
                  << '\n'
                  // The data itself goes to the page with Antom's SDK, and to no log.
                  << "data        " << session.data().size() << " bytes\n";
        return EXIT_SUCCESS;
    } catch (const antom::Error &error) {
        std::cerr << error.what() << '\n' << error.advice() << '\n';
        return EXIT_FAILURE;
    }
}
