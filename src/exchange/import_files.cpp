#include "exchange/import_files.hpp"

#include "exchange/code_graph.hpp"
#include "exchange/context_file.hpp"
#include "exchange/docdevai.hpp"
#include "exchange/mdc_file.hpp"
#include "exchange/sql_rows.hpp"

namespace shale::exchange {

namespace {

Result<void> import_file(ImportRun& run, const ImportFile& file, MdcImporter& contexts,
                         const std::string& statement) {
  switch (file.format) {
    case ImportFormat::ndjson:
      return import_ndjson(run, file);
    case ImportFormat::context:
      return import_context(run, file);
    case ImportFormat::mdc:
      return contexts.import(run, file);
    case ImportFormat::parseltongue:
      return import_code_graph(run, file);
    case ImportFormat::docdevai:
    case ImportFormat::database:
      break;
  }
  return statement.empty() ? import_docdevai(run, file) : import_sql(run, file, statement);
}

}  // namespace

Result<void> import_files(ImportRun& run, const ImportPlan& plan, const std::string& statement) {
  MdcImporter contexts(plan);
  for (const auto& [path, reason] : plan.left_alone) {
    run.skip();
    run.warn({path}, reason);
  }
  for (const ImportFile& file : plan.files) {
    TRY(run.close(file.path, import_file(run, file, contexts, statement)));
  }
  return {};
}

}  // namespace shale::exchange
