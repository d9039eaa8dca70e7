// Asks what became of a vaulting, for example after a timeout. To compile it, with libantom's files
// in DIR:
//   c++ -std=c++17 inquire_vaulting.cpp -IDIR/include -LDIR/lib -Wl,-rpath,DIR/lib -lantom
// Then: a.out VAULTING_REQUEST_ID
#include <antom.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

static std::string setting(const char *name) {
    const char *value = std::getenv(name);
    return value == nullptr ? "" : value;
}

int main(int argc, char **argv) {
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

        const antom::Vaulting vaulting = client.recover(argc > 1 ? argv[1] : "");
        switch (vaulting.outcome()) {
        case antom::Outcome::succeeded:
            // The card token goes to where your passwords are, and to no log.
            std::cout << "vaulted: " << vaulting.card_brand().value_or("none") << " ending in "
                      << vaulting.card_last_four().value_or("none") << '\n';
            break;
        case antom::Outcome::failed:
            std::cout << "failed: " << vaulting.code().value_or("none") << '\n';
            break;
        case antom::Outcome::never_arrived:
            std::cout << "never arrived: send it again with the same id\n";
            break;
        default:
            std::cout << "not finished; the buyer goes to: " << vaulting.next_url().value_or("none")
                      << '\n';
        }
        return EXIT_SUCCESS;
    } catch (const antom::Error &error) {
        std::cerr << error.what() << '\n' << error.advice() << '\n';
        return EXIT_FAILURE;
    }
}
