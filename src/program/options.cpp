// Command lines of every program: options with units, and how an outcome becomes an exit status.
#include "program/options.hpp"

#include "protocol/quantity.hpp"
#include "roger/address.hpp"
#include "roger/error.hpp"
#include "roger/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace roger {

namespace {

class HelpFormatter : public CLI::Formatter {
public:
    explicit HelpFormatter(std::vector<std::string> ways) : ways_(std::move(ways)) {
        column_width(27);
    }

    std::string make_usage(CLI::App const*, std::string name) const override {
        std::string usage;
        for (std::string const& way : ways_) {
            usage += fmt::format("{}{} {}\n", usage.empty() ? "\nUsage: " : "       ", name, way);
        }
        return usage;
    }

    std::string make_option_opts(CLI::Option const* option) const override {
        return option->get_type_size() == 0 ? "" : ' ' + option->get_type_name();
    }

    std::string make_option_desc(CLI::Option const* option) const override {
        std::string const& preset = option->get_default_str();
        return option->get_description() + (preset.empty() ? "" : " [" + preset + ']');
    }

private:
    std::vector<std::string> ways_;
};

/// The words of a command line, made plain where CLI11 does not read them as they are meant: it
/// takes the word after `--option=` for its value, reports an unknown option only after it has
/// made what it can of the other words, and takes `--` for the end of a subcommand.
class Words {
public:
    explicit Words(CLI::App const& app) : command_(&app) {}

    void add(std::string const& word) {
        if (std::exchange(value_follows_, false)) {
            words_.push_back(word);
        } else if (options_ended_ || !begins_with_dash(word)) {
            add_positional(word);
        } else if (word == "--") {
            options_ended_ = true;
            mark_is_due_ = true;
        } else {
            add_option(word);
        }
    }

    /// The last one first, as CLI11 takes them.
    [[nodiscard]] std::vector<std::string> reversed() const {
        return {words_.rbegin(), words_.rend()};
    }

private:
    static bool begins_with_dash(std::string const& word) {
        return word.size() > 1 && word[0] == '-';
    }

    void add_positional(std::string const& word) {
        bool const is_in_subcommand = command_->get_parent() != nullptr;
        if (mark_is_due_ && (!is_in_subcommand || begins_with_dash(word))) {
            words_.emplace_back("--");
            mark_is_due_ = false;
        }
        enter_command(word);
        words_.push_back(word);
    }

    void enter_command(std::string const& word) {
        auto const named = command_->get_subcommands(
            [&word](CLI::App const* each) { return each->get_name() == word; });
        command_ = named.empty() ? command_ : named.front();
    }

    void add_option(std::string const& word) {
        bool const is_short = word[1] != '-';
        std::string const name = word.substr(0, is_short ? 2 : word.find('='));
        if (is_short && word.size() > 2 && command_->get_option_no_throw(name) != nullptr) {
            words_.push_back(word);  // -c100
            return;
        }
        CLI::Option const* const option = command_->get_option_no_throw(name);
        if (option == nullptr) {
            throw CLI::ExtrasError({word.substr(0, word.find('='))});  // a value may be secret
        }
        bool const takes_value = option->get_items_expected_max() != 0;
        if (word.size() != name.size() + 1) {
            words_.push_back(word);
            value_follows_ = takes_value && word == name;
        } else if (takes_value) {
            words_.insert(words_.end(), {name, ""});
        } else {
            throw UsageError(word + " has nothing after its '='");
        }
    }

    CLI::App const* command_;  ///< whose options are read
    bool value_follows_ = false;
    bool options_ended_ = false;
    bool mark_is_due_ = false;  ///< `--`, of a subcommand only where a word needs it
    std::vector<std::string> words_;
};

/// A sentence of the library's begins with the option it is about, as `idle_timeout: `: here it is
/// to be `--idle-timeout: `.
std::string with_option(CLI::App const& app, std::string const& sentence) {
    auto const end = std::min(sentence.find(": "), sentence.size());
    std::string name = "--" + sentence.substr(0, end);
    std::ranges::replace(name, '_', '-');
    return app.get_option_no_throw(name) == nullptr ? sentence : name + sentence.substr(end);
}

int fail(CLI::App const& app, std::string_view sentence, ExitStatus status) {
    print_error(app, sentence);
    return status;
}

/// Prints what was asked for instead of work: --help, --version.
int print(CLI::App const& app, std::string_view text) {
    std::cout << text << std::flush;
    return std::cout ? status_done : fail(app, "cannot write to standard output", status_failed);
}

}  // namespace

CLI::Option* add_switch(CLI::App& app, std::string const& name, bool& given,
                        std::string const& description) {
    return app.add_flag(name, description)->each([name, &given](std::string const& value) {
        if (value != "true") {
            throw UsageError(
                fmt::format("{}={}: takes no value: leave out '={}'", name, value, value));
        }
        given = true;
    });
}

CLI::Option* add_timeout(CLI::App& app, std::string const& name, Timeout& value,
                         std::string const& description) {
    return add_parsed(app, name, value, parse_timeout, description)
        ->type_name("TIME")
        ->default_str(to_string(value));
}

CLI::Option* add_size(CLI::App& app, std::string const& name, std::size_t& value,
                      std::string const& description) {
    return add_parsed(app, name, value, parse_size, description)
        ->type_name("SIZE")
        ->default_str(size_to_string(value));
}

void set_usage(CLI::App& app, std::vector<std::string> ways) {
    app.formatter(std::make_shared<HelpFormatter>(std::move(ways)));
}

void print_error(CLI::App const& app, std::string_view sentence) {
    // In one piece: others may write to the same terminal.
    std::cerr << fmt::format("{}: {}\n", app.get_name(), sentence);
}

int run_command_line(CLI::App& app, int argc, char const* const* argv,
                     std::function<int()> const& work) {
    app.name(std::filesystem::path(argv[0]).filename());
    app.set_version_flag("--version", app.get_name() + ' ' + std::string(version),
                         "print the version");
    app.set_help_flag("--help", "print this");
    try {
        Words words(app);
        std::for_each(argv + 1, argv + argc, [&words](char const* word) { words.add(word); });
        app.parse(words.reversed());
        return work();
    } catch (CLI::CallForHelp const&) {
        return print(app, app.help());
    } catch (CLI::CallForVersion const& call) {
        return print(app, call.what() + std::string("\n"));
    } catch (CLI::ParseError const& wrong) {
        return fail(app, wrong.what() + std::string(" (see --help)"), status_usage_error);
    } catch (AddressError const& wrong) {
        return fail(app, wrong.what(), status_usage_error);
    } catch (UsageError const& wrong) {
        return fail(app, wrong.what(), status_usage_error);
    } catch (Error const& failure) {
        return fail(app, with_option(app, failure.what()), status_failed);
    } catch (std::exception const& failure) {
        return fail(app, failure.what(), status_failed);
    }
}

}  // namespace roger
