// Reports as JSON: writing. report_from_json.cpp reads them.
#include "report/report_json.hpp"

#include "report/report_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

namespace roger {

namespace {

using Json = nlohmann::ordered_json;

/// Makes an object of list_fields().
class JsonWriter {
public:
    explicit JsonWriter(Json& json) : json_(json) { json_ = Json::object(); }

    void operator()(char const* name, auto const& value) { json_[name] = json_of(value); }
    void derived(char const* name, auto const& value) { json_[name] = json_of(value); }
    void object(char const* name, auto const& list) {
        JsonWriter inner(json_[name]);
        list(inner);
    }

private:
    template <typename Value>
    static Json json_of(Value const& value) {
        if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string>) {
            return value;
        } else {
            Json json;
            JsonWriter writer(json);
            list_fields(writer, value);
            return json;
        }
    }

    template <typename Value>
    static Json json_of(std::optional<Value> const& value) {
        return value ? json_of(*value) : Json();
    }

    template <typename Value>
    static Json json_of(std::vector<Value> const& values) {
        Json json = Json::array();
        for (Value const& value : values) {
            json.push_back(json_of(value));
        }
        return json;
    }

    static Json json_of(std::vector<Histogram::Bucket> const& buckets) {
        Json json = Json::array();
        for (Histogram::Bucket const& bucket : buckets) {
            json.push_back({bucket.value_us, bucket.count});
        }
        return json;
    }

    static Json json_of(Histogram const& histogram) {
        auto const percentile = [&histogram](double percent) {
            return histogram.resolves(percent) ? Json(histogram.percentile_us(percent)) : Json();
        };
        return {
            {"count", histogram.count()},
            {"mean_us", histogram.mean_us()},
            {"standard_deviation_us", histogram.standard_deviation_us()},
            {"min_us", histogram.min_us()},
            {"p50_us", percentile(50)},
            {"p90_us", percentile(90)},
            {"p99_us", percentile(99)},
            {"p99_9_us", percentile(99.9)},
            {"p99_99_us", percentile(99.99)},
            {"max_us", histogram.max_us()},
            {"buckets", json_of(histogram.buckets())},
        };
    }

    static Json json_of(Outcomes const& outcomes) {
        Json json = Json::object();
        for (std::size_t i = 0; i != outcome_count; ++i) {
            auto const outcome = static_cast<Outcome>(i);
            json[field_of(outcome)] = outcomes[outcome];
        }
        return json;
    }

    static Json json_of(Reasons const& reasons) {
        Json json = Json::array();
        for (auto const& [key, messages] : reasons.counts()) {
            json.push_back(
                {{"outcome", field_of(key.first)}, {"text", key.second}, {"messages", messages}});
        }
        return json;
    }

    static Json json_of(std::map<std::string, std::size_t> const& counts) {
        Json json = Json::object();
        for (auto const& [name, count] : counts) {
            json[name] = count;
        }
        return json;
    }

    static Json json_of(LoadVerdict verdict) { return std::string(name_of(verdict)); }

    Json& json_;
};

/// An object for each line, or what has none inside: buckets and lists of words stay together.
void append_pretty(std::string& out, Json const& json, std::size_t indent) {
    bool const is_list_of_objects = json.is_array() && !json.empty() && json[0].is_object();
    if (!is_list_of_objects && (!json.is_object() || json.empty())) {
        constexpr bool ensure_ascii = true;
        out += json.dump(-1, ' ', ensure_ascii, Json::error_handler_t::replace);
        return;
    }
    out += json.is_object() ? '{' : '[';
    std::string_view separator;
    for (auto const& [key, value] : json.items()) {
        out.append(separator).append(1, '\n').append(indent + 2, ' ');
        if (json.is_object()) {
            append_pretty(out, key, 0);
            out += ": ";
        }
        append_pretty(out, value, indent + 2);
        separator = ",";
    }
    out.append(1, '\n').append(indent, ' ').append(1, json.is_object() ? '}' : ']');
}

}  // namespace

std::string field_of(Outcome outcome) {
    std::string field(name_of(outcome));
    std::ranges::replace(field, ' ', '_');
    return field;
}

std::string to_json(Report const& report) {
    Json json;
    JsonWriter writer(json);
    writer(report_version_field, report_schema_version);
    list_fields(writer, report);
    std::string text;
    append_pretty(text, json, 0);
    text += '\n';
    return text;
}

}  // namespace roger
