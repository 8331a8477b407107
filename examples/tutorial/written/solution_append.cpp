// Appends the lines of standard input to a file, whose last line may have remained without its end.
#include <cstdio>
#include <iostream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

void check(bool good, char const* what) {
    if (!good) {
        throw std::system_error(errno, std::system_category(), what);
    }
}

void end_last_record(int file) {
    off_t const size = lseek(file, 0, SEEK_END);
    char last = '\n';
    check(size == 0 || pread(file, &last, 1, size - 1) == 1, "pread");
    check(last == '\n' || write(file, "\n", 1) == 1, "write");
}

int main(int argc, char* argv[]) try {
    if (argc != 2) {
        std::cerr << "usage: solution_append FILE\n";
        return 2;
    }
    int const file = open(argv[1], O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    check(file >= 0, argv[1]);
    end_last_record(file);
    for (std::string line; std::getline(std::cin, line);) {
        line += '\n';
        check(write(file, line.data(), line.size()) == std::ssize(line), "write");
    }
} catch (std::system_error const& error) {
    std::fprintf(stderr, "solution_append: %s\n", error.what());
    return 1;
}
