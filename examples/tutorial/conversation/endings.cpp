// How a connection ends, and what the other side sees of it. Both sides are in this one program.
#include <asio.hpp>

#include <cstdio>

using asio::ip::tcp;

// [connection]
struct Connection {
    asio::io_context context;
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};  // any free port
    tcp::socket client{context};
    tcp::socket server{context};

    Connection() {
        client.connect(acceptor.local_endpoint());
        acceptor.accept(server);
    }
};

char const* read_by(tcp::socket& socket) {
    static std::string result;
    char bytes[256];
    asio::error_code error;
    std::size_t const size = socket.read_some(asio::buffer(bytes), error);
    result = error ? error.message() : std::to_string(size) + " bytes";
    return result.c_str();
}
// [/connection]

// [endings]
void close_after_reading() {
    Connection connection;
    connection.server.close();
    std::printf("close():                      %s\n", read_by(connection.client));
}

void close_with_unread_bytes() {
    Connection connection;
    asio::write(connection.client, asio::buffer("unread"));
    connection.server.wait(tcp::socket::wait_read);  // they have arrived
    connection.server.close();
    std::printf("close() with bytes unread:    %s\n", read_by(connection.client));
}

void write_after_close() {
    Connection connection;
    connection.server.close();
    asio::error_code error;
    while (!error) {
        asio::write(connection.client, asio::buffer("more"), error);
    }
    std::printf("close(), and client writes:   %s\n", error.message().c_str());
}

void close_without_lingering() {
    Connection connection;
    connection.server.set_option(tcp::socket::linger(true, 0));
    connection.server.close();
    std::printf("close() with SO_LINGER 0:     %s\n", read_by(connection.client));
}
// [/endings]

int main() {
    close_after_reading();
    close_with_unread_bytes();
    write_after_close();
    close_without_lingering();
}
