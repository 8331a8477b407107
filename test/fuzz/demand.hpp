// How the properties say that one of them does not hold.
#pragma once

#include <stdexcept>

namespace roger::test {

struct Violation : std::logic_error {
    using std::logic_error::logic_error;
};

inline void demand(bool holds, char const* property) {
    if (!holds) {
        throw Violation(property);
    }
}

}  // namespace roger::test
