// Reports as JSON: reading.
#include "protocol/quote.hpp"
#include "report/json_field.hpp"
#include "report/report_fields.hpp"
#include "report/report_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>

namespace roger {

namespace {

using Json = JsonField::Json;

/// Takes list_fields() from an object.
class JsonReader {
public:
    explicit JsonReader(JsonField const& json) : json_(json) {}

    void operator()(char const* name, auto& value) { read(json_[name], value); }
    void derived(char const* /*name*/, auto const& /*value*/) {}
    void object(char const* name, auto const& list) {
        JsonField const json = json_[name];
        JsonReader inner(json);
        list(inner);
    }

private:
    static void read(JsonField const& json, std::string& text) { text = json.text(); }
    static void read(JsonField const& json, double& number) { number = json.number(); }
    static void read(JsonField const& json, bool& truth) { truth = json.truth(); }

    template <std::integral Number>
    static void read(JsonField const& json, Number& number) {
        number = static_cast<Number>(json.whole_number());
    }

    template <typename Object>
    static void read(JsonField const& json, Object& object) {
        JsonReader reader(json);
        list_fields(reader, object);
    }

    template <typename Value>
    static void read(JsonField const& json, std::optional<Value>& value) {
        value.reset();
        if (!json.is_null()) {
            read(json, value.emplace());
        }
    }

    template <typename Value>
    static void read(JsonField const& json, std::vector<Value>& values) {
        for (JsonField const& item : json.items()) {
            read(item, values.emplace_back());
        }
    }

    static void read(JsonField const& json, std::vector<Histogram::Bucket>& buckets) {
        buckets = json.buckets();
    }

    static void read(JsonField const& json, Histogram& histogram) {
        histogram.add(json["buckets"].buckets());
    }

    static void read(JsonField const& json, Outcomes& outcomes) {
        for (std::size_t i = 0; i != outcome_count; ++i) {
            auto const outcome = static_cast<Outcome>(i);
            outcomes.count(outcome, json[field_of(outcome)].whole_number());
        }
    }

    static void read(JsonField const& json, Reasons& reasons) {
        for (JsonField const& reason : json.items()) {
            reasons.count(outcome_from(reason["outcome"]), reason["text"].text(),
                          reason["messages"].whole_number());
        }
    }

    static void read(JsonField const& json, std::map<std::string, std::size_t>& counts) {
        for (std::string const& name : json.keys()) {
            counts[name] = json[name].whole_number();
        }
    }

    static void read(JsonField const& json, LoadVerdict& verdict) {
        std::string const name = json.text();
        for (LoadVerdict const candidate :
             {LoadVerdict::held, LoadVerdict::not_held, LoadVerdict::none}) {
            if (name == name_of(candidate)) {
                verdict = candidate;
                return;
            }
        }
        json.refuse("the name of a verdict");
    }

    static Outcome outcome_from(JsonField const& json) {
        std::string const name = json.text();
        for (std::size_t i = 0; i != outcome_count; ++i) {
            if (name == field_of(static_cast<Outcome>(i))) {
                return static_cast<Outcome>(i);
            }
        }
        json.refuse("the name of an outcome");
    }

    JsonField const& json_;
};

/// What adds up in every report that was written, and is relied on.
void demand_sums(Report const& report, JsonField const& file) {
    if (report.planned != report.outcomes.sum()) {
        file["planned"].refuse("the sum of the outcomes");
    }
    for (std::size_t i = 0; i != outcome_count; ++i) {
        auto const outcome = static_cast<Outcome>(i);
        if (report.excused[outcome] > report.outcomes[outcome]) {
            file["excused"][field_of(outcome)].refuse("at most what the outcomes have of it");
        }
    }
    if (report.excused_connects > report.failed_connects) {
        file["excused_connects"].refuse("at most failed_connects");
    }
}

Json parse(std::string_view text, std::string const& name) {
    try {
        return Json::parse(text);
    } catch (Json::parse_error const& error) {
        std::string_view const good = text.substr(0, std::max<std::size_t>(error.byte, 1) - 1);
        auto const line = 1 + std::ranges::count(good, '\n');
        throw std::invalid_argument(
            fmt::format("{} is no load report: it is no JSON in line {}, byte {} of the file",
                        quote(name), line, good.size() + 1));
    } catch (Json::out_of_range const&) {
        throw std::invalid_argument(
            fmt::format("{} is no load report: it has a number that is too large", quote(name)));
    }
}

void demand_version(JsonField const& file, std::string const& name) {
    std::uint64_t const version = file[report_version_field].whole_number();
    if (version != report_schema_version) {
        throw std::invalid_argument(fmt::format(
            "{} has version {} of load reports ($.{}), and this program reads version {} only: "
            "take the version of Roger that wrote it",
            quote(name), version, report_version_field, report_schema_version));
    }
}

}  // namespace

Report report_from_json(std::string_view text, std::string const& name) {
    Json const json = parse(text, name);
    JsonField const file(json, name);
    demand_version(file, name);
    Report report;
    JsonReader reader(file);
    list_fields(reader, report);
    demand_sums(report, file);
    return report;
}

}  // namespace roger
