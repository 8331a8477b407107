// A page, read as strictly as XML.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roger::test {

struct Element {
    std::string name;
    std::map<std::string, std::string> attributes;
};

class Markup {
public:
    /// After an optional <!DOCTYPE html>. Throws std::runtime_error where it is not well-formed.
    explicit Markup(std::string_view page) : rest_(page) {
        skip("<!DOCTYPE html>\n");
        while (!rest_.empty()) {
            rest_.front() == '<' ? read_tag() : read_text();
        }
        demand(open_.empty(), "an element is not closed");
    }

    /// In the order in which they begin.
    [[nodiscard]] std::vector<Element> const& elements() const& { return elements_; }
    std::vector<Element> const& elements() const&& = delete;

    /// Those with the attribute class="...".
    [[nodiscard]] std::vector<Element> of_class(std::string_view names) const {
        std::vector<Element> found;
        std::ranges::copy_if(elements_, std::back_inserter(found), [&](Element const& element) {
            auto const attribute = element.attributes.find("class");
            return attribute != element.attributes.end() && attribute->second == names;
        });
        return found;
    }

    /// All text between tags, its entities verbatim.
    [[nodiscard]] std::string const& text() const& { return text_; }

private:
    void demand(bool condition, std::string_view otherwise) const {
        if (!condition) {
            throw std::runtime_error(std::string(otherwise) +
                                     ", before: " + std::string(rest_.substr(0, 80)));
        }
    }

    bool skip(std::string_view word) {
        bool const there = rest_.starts_with(word);
        rest_.remove_prefix(there ? word.size() : 0);
        return there;
    }

    std::string_view take(std::size_t size) {
        std::string_view const taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view take_name() {
        std::size_t const size = rest_.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
        demand(size != 0 && size != rest_.npos, "a name is missing");
        return take(size);
    }

    void check_text(std::string_view text) const {
        for (std::size_t at = 0; at != text.size(); ++at) {
            auto const byte = static_cast<unsigned char>(text[at]);
            demand((byte >= 0x20 && byte != 0x7f) || byte == '\n', "a control character");
            bool const named = std::ranges::any_of(
                entities, [&](std::string_view name) { return text.substr(at).starts_with(name); });
            demand(text[at] != '&' || named, "an ampersand");
        }
    }

    void read_text() {
        std::string_view const text = take(rest_.find('<'));
        check_text(text);
        text_ += text;
    }

    void read_tag() {
        take(1);
        if (skip("/")) {
            demand(!open_.empty() && take_name() == open_.back() && skip(">"), "a wrong end tag");
            open_.pop_back();
            return;
        }
        Element element{.name = std::string(take_name()), .attributes = {}};
        while (skip(" ")) {
            std::string const name(take_name());
            demand(skip("=\""), "an attribute without a quoted value");
            std::string const value(take(rest_.find('"')));
            check_text(value);
            demand(skip("\"") && value.find('<') == value.npos, "a wrong attribute");
            demand(element.attributes.emplace(name, value).second, "an attribute twice");
        }
        if (!skip("/")) {
            open_.push_back(element.name);
        }
        demand(skip(">"), "a wrong tag");
        elements_.push_back(std::move(element));
    }

    static constexpr std::string_view entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

    std::string_view rest_;
    std::vector<std::string> open_;
    std::vector<Element> elements_;
    std::string text_;
};

}  // namespace roger::test
