// What of a URL can be shown.
#pragma once

#include <string>
#include <string_view>

namespace roger {

/// Without its userinfo (RFC 3986, 3.2.1), for messages and logs: whatever stands before the last
/// '@' is left out.
inline std::string without_userinfo(std::string_view url) {
    std::size_t const scheme_end = url.find("://");
    std::size_t const begin = scheme_end == url.npos ? 0 : scheme_end + 3;
    std::size_t const at = url.find_last_of('@');
    std::string shown(url.substr(0, begin));
    return shown += url.substr(at == url.npos || at < begin ? begin : at + 1);
}

}  // namespace roger
