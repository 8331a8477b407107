// A part of a load report in JSON that knows where it is when something is wrong with it.
#pragma once

#include "report/histogram.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roger {

/// Each way to read it throws std::invalid_argument with a sentence that names the file and the
/// field, if the field is missing or of another type. The JSON and the file's name are the owner's.
class JsonField {
public:
    using Json = nlohmann::ordered_json;

    /// The whole of a file.
    JsonField(Json const& json, std::string const& file) : JsonField(json, "$", file) {}

    [[nodiscard]] bool is_null() const { return json_.is_null(); }

    /// A member of an object.
    JsonField operator[](std::string_view key) const;
    /// Of an object.
    [[nodiscard]] std::vector<std::string> keys() const;
    /// Of a list.
    [[nodiscard]] std::vector<JsonField> items() const;

    /// Up to the largest std::int64_t.
    [[nodiscard]] std::uint64_t whole_number() const;
    [[nodiscard]] double number() const;
    [[nodiscard]] bool truth() const;
    [[nodiscard]] std::string text() const;
    /// [[value, count], ...]
    [[nodiscard]] std::vector<Histogram::Bucket> buckets() const;

    /// Throws: something else `belongs` here, such as "a whole number".
    [[noreturn]] void refuse(std::string_view belongs) const;

private:
    JsonField(Json const& json, std::string path, std::string const& file)
        : json_(json), path_(std::move(path)), file_(file) {}

    void demand(bool condition, std::string_view belongs) const;

    Json const& json_;
    std::string path_;
    std::string const& file_;
};

}  // namespace roger
