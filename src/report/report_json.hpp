// Reports as JSON, by the schema docs/load-report.schema.json: to be saved, merged and compared.
#pragma once

#include "report/report.hpp"

#include <string>
#include <string_view>

namespace roger {

/// The schema's version is the value of a field, which is there in every version.
inline constexpr char const* report_version_field = "roger_load_report";
inline constexpr int report_schema_version = 1;

/// The name of an outcome in JSON: "wrong_answer".
std::string field_of(Outcome outcome);

/// Exact, and ASCII only, so that it is safe on a terminal: report_from_json gives an equal report.
/// Texts of the report are UTF-8; in one that is not, what is wrong becomes U+FFFD.
std::string to_json(Report const& report);

/// Percentiles and other figures that follow from the exact ones are not read, and neither are
/// unknown fields. Throws std::invalid_argument with a sentence that names the file `name`, and the
/// field that is missing or wrong, as in $.asked.clients.
Report report_from_json(std::string_view text, std::string const& name);

}  // namespace roger
