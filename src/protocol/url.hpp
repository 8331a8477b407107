// What of a URL can be shown.
#pragma once

#include <string>
#include <string_view>

namespace roger {

/// Who asks, and by which password, is nobody else's business: without what stands before the last
/// '@' (RFC 3986, 3.2.1).
inline std::string without_user(std::string_view url) {
    std::size_t const scheme_end = url.find("://");
    std::size_t const begin = scheme_end == url.npos ? 0 : scheme_end + 3;
    std::size_t const at = url.find_last_of('@');
    std::string shown(url.substr(0, begin));
    return shown += url.substr(at == url.npos || at < begin ? begin : at + 1);
}

}  // namespace roger
