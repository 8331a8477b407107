// The start of a program, step by step: used by Process alone.
#pragma once

#include "support/process.hpp"

#include <array>
#include <string>
#include <vector>

namespace roger::test {

/// The descriptors for a child's 0, 1 and 2 (-1: closed), and the parent's ends of them.
struct Plumbing {
    std::array<Descriptor, 3> child;
    Descriptor input;
    std::array<Descriptor, 3> output;  ///< terminal, standard output and error
    bool terminal = false;
};

Plumbing lay_plumbing(Launch const& launch);

/// Forks and executes. Throws Failure when the child cannot execute the program.
pid_t spawn(Launch const& launch, Plumbing const& plumbing);

}  // namespace roger::test
