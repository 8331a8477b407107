// A part of a load report in JSON.
#include "report/json_field.hpp"

#include "protocol/quote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace roger {

namespace {

using Json = JsonField::Json;

std::string_view kind_of(Json const& json) {
    switch (json.type()) {
        case Json::value_t::null:
            return "null";
        case Json::value_t::object:
            return "an object";
        case Json::value_t::array:
            return "a list";
        case Json::value_t::string:
            return "a text";
        case Json::value_t::boolean:
            return "true or false";
        default:
            return "another number";
    }
}

bool is_whole_number(Json const& json) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    return json.is_number_unsigned() && json.get<std::uint64_t>() <= largest;
}

bool is_bucket(Json const& json) {
    return json.is_array() && json.size() == 2 && std::ranges::all_of(json, is_whole_number);
}

}  // namespace

JsonField JsonField::operator[](std::string_view key) const {
    demand(json_.is_object(), "an object");
    std::string path = path_ + '.';
    append_escaped(path, key);
    auto const found = json_.find(key);
    if (found == json_.end()) {
        throw std::invalid_argument(
            fmt::format("{} is no load report: {} is missing", quote(file_), path));
    }
    return {*found, std::move(path), file_};
}

std::vector<std::string> JsonField::keys() const {
    demand(json_.is_object(), "an object");
    std::vector<std::string> keys;
    for (auto const& member : json_.items()) {
        keys.push_back(member.key());
    }
    return keys;
}

std::vector<JsonField> JsonField::items() const {
    demand(json_.is_array(), "a list");
    std::vector<JsonField> items;
    for (std::size_t i = 0; i != json_.size(); ++i) {
        items.push_back({json_[i], fmt::format("{}[{}]", path_, i), file_});
    }
    return items;
}

std::uint64_t JsonField::whole_number() const {
    demand(is_whole_number(json_), "a whole number");
    return json_.get<std::uint64_t>();
}

double JsonField::number() const {
    demand(json_.is_number(), "a number");
    return json_.get<double>();
}

bool JsonField::truth() const {
    demand(json_.is_boolean(), "true or false");
    return json_.get<bool>();
}

std::string JsonField::text() const {
    demand(json_.is_string(), "a text");
    return json_.get<std::string>();
}

std::vector<Histogram::Bucket> JsonField::buckets() const {
    demand(json_.is_array(), "a list");
    demand(std::ranges::all_of(json_, is_bucket), "a list of pairs of whole numbers");
    std::vector<Histogram::Bucket> buckets;
    for (Json const& bucket : json_) {
        buckets.push_back({bucket[0].get<std::int64_t>(), bucket[1].get<std::int64_t>()});
    }
    return buckets;
}

void JsonField::refuse(std::string_view belongs) const {
    throw std::invalid_argument(fmt::format("{} is no load report: {} is {} where {} belongs",
                                            quote(file_), path_, kind_of(json_), belongs));
}

void JsonField::demand(bool condition, std::string_view belongs) const {
    if (!condition) {
        refuse(belongs);
    }
}

}  // namespace roger
