// A validator for as much of JSON Schema (draft 2020-12) as docs/load-report.schema.json uses.
#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace roger::test {

class JsonSchema {
public:
    using Json = nlohmann::json;

    explicit JsonSchema(Json schema) : schema_(std::move(schema)) {}

    [[nodiscard]] Json const& schema() const { return schema_; }

    /// What is wrong with it, each a JSON pointer and a keyword: "/asked/clients type". Throws
    /// std::runtime_error on a keyword that this validator does not know.
    [[nodiscard]] std::vector<std::string> faults(Json const& value) const {
        std::vector<std::string> faults;
        check(schema_, value, "", faults);
        return faults;
    }

private:
    static bool is_of(std::string const& type, Json const& value) {
        return type == "object"    ? value.is_object()
               : type == "array"   ? value.is_array()
               : type == "string"  ? value.is_string()
               : type == "boolean" ? value.is_boolean()
               : type == "null"    ? value.is_null()
               : type == "integer" ? value.is_number_integer()
               : type == "number"  ? value.is_number()
                                   : throw std::runtime_error("an unknown type, " + type);
    }

    static bool is_of_any(Json const& types, Json const& value) {
        return types.is_string() ? is_of(types, value)
                                 : std::ranges::any_of(
                                       types, [&](Json const& type) { return is_of(type, value); });
    }

    /// Whether `value` itself, without what is in it, is as the keyword demands.
    static bool holds(std::string const& keyword, Json const& operand, Json const& value) {
        static std::set<std::string> const of_parts = {"$schema",
                                                       "$defs",
                                                       "$ref",
                                                       "title",
                                                       "description",
                                                       "properties",
                                                       "additionalProperties",
                                                       "items"};
        if (of_parts.contains(keyword)) {
            return true;
        }
        if (keyword == "type") {
            return is_of_any(operand, value);
        }
        if (keyword == "const") {
            return value == operand;
        }
        if (keyword == "enum") {
            return std::ranges::find(operand, value) != operand.end();
        }
        if (keyword == "minimum") {
            return !value.is_number() || value >= operand;
        }
        if (keyword == "minItems") {
            return !value.is_array() || value.size() >= operand;
        }
        if (keyword == "maxItems") {
            return !value.is_array() || value.size() <= operand;
        }
        if (keyword == "required") {
            return !value.is_object() || std::ranges::all_of(operand, [&](Json const& name) {
                return value.contains(name.get<std::string>());
            });
        }
        throw std::runtime_error("an unknown keyword, " + keyword);
    }

    void check(Json const& schema, Json const& value, std::string const& path,
               std::vector<std::string>& faults) const {
        if (schema == false) {
            faults.push_back(path + " additionalProperties");
            return;
        }
        for (auto const& [keyword, operand] : schema.items()) {
            if (!holds(keyword, operand, value)) {
                faults.push_back(fmt::format("{} {}", path, keyword));
            }
        }
        if (schema.contains("$ref")) {
            std::string const pointer = schema.at("$ref").get<std::string>().substr(1);
            check(schema_.at(Json::json_pointer(pointer)), value, path, faults);
        }
        check_parts(schema, value, path, faults);
    }

    void check_parts(Json const& schema, Json const& value, std::string const& path,
                     std::vector<std::string>& faults) const {
        if (value.is_array() && schema.contains("items")) {
            for (std::size_t i = 0; i != value.size(); ++i) {
                check(schema.at("items"), value[i], fmt::format("{}/{}", path, i), faults);
            }
        }
        if (value.is_object() && !schema.contains("$ref")) {
            Json const properties = schema.value("properties", Json::object());
            Json const others = schema.value("additionalProperties", Json(true));
            for (auto const& [name, member] : value.items()) {
                Json const& member_schema = properties.contains(name) ? properties[name] : others;
                if (member_schema != true) {
                    check(member_schema, member, fmt::format("{}/{}", path, name), faults);
                }
            }
        }
    }

    Json schema_;
};

}  // namespace roger::test
