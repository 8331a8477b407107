// --creds and the certificates.
#include "stream/credential_options.hpp"

#include <string>

namespace roger {

namespace {

CLI::Option* add_file(CLI::App& app, std::string const& name, std::string& path,
                      CLI::Option* address, std::string const& description) {
    return app.add_option(name, path, description)
        ->type_name("FILE")
        ->check(CLI::ExistingFile.description(""))
        ->needs(address);
}

}  // namespace

void add_nats_credentials(CLI::App& app, StreamOptions& stream, CLI::Option* address) {
    add_file(app, "--creds", stream.credentials_file, address,
             "NATS credentials: a JWT and its seed");
    add_file(app, "--tlsca", stream.ca_file, address,
             "the certificates that the NATS servers' are checked by");
    CLI::Option* const certificate = add_file(app, "--tlscert", stream.certificate_file, address,
                                              "this program's certificate, for NATS");
    CLI::Option* const key = add_file(app, "--tlskey", stream.key_file, address, "and its key");
    certificate->needs(key);
    key->needs(certificate);
}

}  // namespace roger
