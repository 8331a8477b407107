// What holds of the address grammar for every text: for the fuzzer and for the tests.
#pragma once

#include "fuzz/demand.hpp"
#include "protocol/escaped.hpp"
#include "roger/address.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace roger::test {

inline void demand_a_sound_address(Address const& address) {
    bool const internet =
        address.transport == Transport::tcp || address.transport == Transport::udp;
    std::string const& name = internet ? address.host : address.path;
    demand(name.find('\0') == name.npos, "a system call reads the whole name");
    demand((internet ? address.path : address.host).empty(), "one of host and path is empty");
    demand(internet || (!name.empty() && name != "@"), "a Unix socket has a name");
    demand(internet || name.size() <= (name.starts_with('@') ? 108 : 107),
           "a Unix socket's name fits in its sockaddr_un");
    demand(internet || address.port == 0, "a Unix socket has no port");

    Address expected = address;
    if (internet && address.host.empty()) {
        expected.host = "::";
    }
    demand(parse_address(to_string(address)) == expected, "what is written reads back");
}

/// `name` is what the sentence must quote.
inline void demand_a_sound_sentence(std::string_view sentence, std::string_view name) {
    std::string quotation = "'";
    append_escaped(quotation, name);
    quotation += "' ";
    demand(sentence.starts_with(quotation), "a refusal begins with what it refuses");
    demand(sentence.size() > quotation.size() + 20, "and goes on to say why");
    demand(std::ranges::none_of(sentence,
                                [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }),
           "a refusal is safe on a terminal, and one line");
}

inline void check_one_word(std::string_view text) {
    try {
        demand_a_sound_address(parse_address(text));
    } catch (AddressError const& error) {
        demand_a_sound_sentence(error.what(), text);
    }
}

inline void check_two_words(std::string_view host, std::string_view port) {
    try {
        Address const address = parse_address(host, port);
        demand(address.transport == Transport::tcp, "two words are an Internet stream address");
        demand(!address.host.empty(), "and they have a host");
        demand_a_sound_address(address);
    } catch (AddressError const& error) {
        std::string_view const sentence = error.what();
        std::string const both = std::string(host) + ' ' + std::string(port);
        std::string quoted_both = "'";
        append_escaped(quoted_both, both);
        demand_a_sound_sentence(sentence, sentence.starts_with(quoted_both) ? both : host);
    }
}

/// The fuzzer's input: an address, and, where it has a blank, two words as well.
inline void check_address(std::string_view input) {
    check_one_word(input);
    std::size_t const blank = input.find(' ');
    if (blank != input.npos) {
        check_two_words(input.substr(0, blank), input.substr(blank + 1));
    }
}

}  // namespace roger::test
