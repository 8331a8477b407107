// Sends its standard input to a server, says that this was all, and prints what is answered.
#include <asio.hpp>

#include <iostream>
#include <iterator>

using asio::ip::tcp;

int main(int argc, char* argv[]) try {
    asio::io_context context;
    tcp::socket server(context);
    asio::connect(server,
                  tcp::resolver(context).resolve("127.0.0.1", argc > 1 ? argv[1] : "51717"));
    // [half_close]
    std::string const input(std::istreambuf_iterator<char>(std::cin), {});
    asio::write(server, asio::buffer(input));
    server.shutdown(tcp::socket::shutdown_send);  // we send nothing more, and still listen

    asio::error_code error;
    for (char answer[256]; !error;) {
        std::size_t const size = server.read_some(asio::buffer(answer), error);
        std::cout << std::string_view(answer, size);
    }
    std::cout << "and then: " << error.message() << '\n';
    // [/half_close]
} catch (std::exception const& error) {
    std::cerr << "finish: " << error.what() << '\n';
    return 1;
}
