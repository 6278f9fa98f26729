#include "tests/crash/crash_states.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "base/checksum.hpp"

namespace shale::testing {

namespace {

using Kind = Operation::Kind;

constexpr usize systematic_max = 24;  // of each way to re-order, at one point
constexpr u64 page = 4096;

void collect(const std::map<NodeNo, Node>& nodes, NodeNo at, const std::string& prefix,
             CrashState& state) {
  for (const auto& [name, number] : nodes.at(at).entries) {
    const std::string path = prefix.empty() ? name : prefix + "/" + name;
    const Node& node = nodes.at(number);
    if (node.is_folder) {
      state.folders.insert(path);
      collect(nodes, number, path, state);
    } else {
      state.files[path] = node.content;
    }
  }
}

u64 hash_of(const CrashState& state) {
  u64 hash = state.acknowledged;
  for (const std::string& folder : state.folders) hash = checksum64(as_bytes(folder), hash);
  for (const auto& [path, file] : state.files) {
    hash = checksum64(as_bytes(path), hash);
    if (is_volatile(path)) continue;
    // Zeros in front of the end count as those behind it: the same bytes have the same hash.
    const usize end = file.bytes.find_last_not_of('\0') + 1;
    hash = checksum64(as_bytes(std::string_view(file.bytes).substr(0, end)), hash ^ file.size);
  }
  return hash;
}

}  // namespace

void CrashState::write_to(const std::filesystem::path& folder) const {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const std::string& name : folders) std::filesystem::create_directories(folder / name);
  for (const auto& [name, file] : files) {
    std::ofstream out(folder / name, std::ios::binary);
    out.write(file.bytes.data(), std::streamsize(file.bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + name);
    out.close();
    std::filesystem::resize_file(folder / name, file.size);
  }
}

// -- what is safe --

void CrashStates::find_pending() {
  pending_data_.clear();
  pending_names_.clear();
  for (usize at = 0; at < point_; ++at) {
    const Operation& operation = record_.operations[at];
    if (operation.is_data()) pending_data_.push_back(at);
    if (operation.is_name()) pending_names_.push_back(at);
    if (operation.kind == Kind::sync_data) {
      bool commits = false;
      std::erase_if(pending_data_, [&](usize before) {
        const Operation& data = record_.operations[before];
        if (data.node != operation.node || data.is_lost) return false;
        commits |= data.grows;
        return true;
      });
      if (commits && profile_ == Profile::linux_journal) pending_names_.clear();
    }
    if (operation.kind == Kind::sync_folder) {
      std::erase_if(pending_names_, [&](usize before) {
        const Operation& name = record_.operations[before];
        const NodeNo folder = name.kind == Kind::rename ? name.to_folder : name.folder;
        return profile_ == Profile::linux_journal || folder == operation.node;
      });
    }
  }
}

CrashStates::Choice CrashStates::all(Fate data, Fate names) const {
  Choice choice;
  choice.fates.assign(point_, Fate::keep);
  for (const usize at : pending_data_) choice.fates[at] = data;
  for (const usize at : pending_names_) choice.fates[at] = names;
  return choice;
}

// -- which states --

void CrashStates::at(usize point, const Visitor& visit) {
  point_ = point;
  find_pending();
  emit("everything", all(Fate::keep, Fate::keep), visit);
  emit("only what was synced", all(Fate::drop, Fate::drop), visit);
  emit("data lost", all(Fate::drop, Fate::keep), visit);
  emit("names lost", all(Fate::keep, Fate::drop), visit);
  emit("sizes only", all(Fate::zeros, Fate::keep), visit);
  emit("garbage", all(Fate::garbage, Fate::keep), visit);
  visit_tears(visit);
  visit_reorderings(visit);
  visit_names(visit);
  visit_random(visit);
}

// The last write cut short.
void CrashStates::visit_tears(const Visitor& visit) {
  if (point_ == 0 || record_.operations[point_ - 1].kind != Kind::write) return;
  const u64 size = record_.operations[point_ - 1].bytes.size();
  std::set<u64> cuts = {1, size / 2, size - 1, 512, 4096, size / 512 * 512, size / page * page};
  for (u64 sector = 1; sector <= 8; ++sector) cuts.insert(sector * 512);
  for (const u64 cut : cuts) {
    if (cut == 0 || cut >= size) continue;
    Choice choice = all(Fate::keep, Fate::keep);
    choice.fates[point_ - 1] = Fate::cut;
    choice.cut = cut;
    emit("last write cut after " + std::to_string(cut), choice, visit);
  }
}

// All pending writes but one, and one alone: what a disk that re-orders may do.
void CrashStates::visit_reorderings(const Visitor& visit) {
  const usize count = std::min(pending_data_.size(), systematic_max);
  for (usize n = 0; n < count; ++n) {
    const usize at = pending_data_[pending_data_.size() - 1 - n];
    Choice without = all(Fate::keep, Fate::keep);
    without.fates[at] = Fate::drop;
    emit("all writes but one", without, visit);
    Choice only = all(Fate::drop, Fate::keep);
    only.fates[at] = Fate::keep;
    emit("one write alone", only, visit);
  }
}

void CrashStates::visit_names(const Visitor& visit) {
  const usize count = std::min(pending_names_.size(), systematic_max);
  for (usize n = 0; n < count; ++n) {
    const usize first = pending_names_.size() - 1 - n;
    Choice prefix = all(Fate::keep, Fate::keep);
    for (usize i = first; i < pending_names_.size(); ++i) {
      prefix.fates[pending_names_[i]] = Fate::drop;
    }
    emit("names in order up to one", prefix, visit);
    if (profile_ == Profile::linux_journal) continue;
    Choice without = all(Fate::keep, Fate::keep);
    without.fates[pending_names_[first]] = Fate::drop;
    emit("all names but one", without, visit);
    Choice only = all(Fate::keep, Fate::drop);
    only.fates[pending_names_[first]] = Fate::keep;
    emit("one name alone", only, visit);
  }
}

void CrashStates::keep_random_names(Choice& choice) {
  const usize kept = pending_names_.empty() ? 0 : random_() % (pending_names_.size() + 1);
  for (usize i = 0; i < pending_names_.size(); ++i) {
    const bool keep = profile_ == Profile::linux_journal ? i < kept : random_() % 2 == 0;
    choice.fates[pending_names_[i]] = keep ? Fate::keep : Fate::drop;
  }
}

void CrashStates::visit_random(const Visitor& visit) {
  if (pending_data_.empty() && pending_names_.empty()) return;
  for (int n = 0; n < random_per_point_; ++n) {
    Choice choice = all(Fate::keep, Fate::keep);
    choice.block = n % 2 == 0 ? 512 : page;
    constexpr Fate fates[] = {Fate::keep, Fate::drop, Fate::blocks, Fate::blocks};
    for (const usize at : pending_data_) choice.fates[at] = fates[random_() % 4];
    keep_random_names(choice);
    emit(choice.block == 512 ? "random sectors" : "random pages", choice, visit);
  }
}

// -- making them --

void CrashStates::emit(const std::string& kind, const Choice& choice, const Visitor& visit) {
  std::map<NodeNo, Node> nodes = record_.base;
  CrashState state;
  state.point = point_;
  state.kind = kind;
  for (usize at = 0; at < point_; ++at) {
    const Operation& operation = record_.operations[at];
    if (operation.kind == Kind::mark) {
      state.acknowledged = operation.count;
      state.begun = operation.offset;
    }
    apply(operation, choice.fates[at], choice, nodes);
  }
  collect(nodes, 0, "", state);
  state.hash = hash_of(state);
  if (!seen_.insert(state.hash).second) return;
  fill_volatile(state);
  visit(state);
}

void CrashStates::apply(const Operation& operation, Fate fate, const Choice& choice,
                        std::map<NodeNo, Node>& nodes) {
  if (operation.kind == Kind::create) nodes[operation.node].is_folder = operation.is_folder;
  if (operation.is_data()) apply_data(operation, fate, choice, nodes[operation.node].content);
  if (!operation.is_name() || fate == Fate::drop) return;
  auto& entries = nodes[operation.folder].entries;
  const bool is_new_name = operation.kind == Kind::create || operation.kind == Kind::link;
  if (is_new_name) entries[operation.name] = operation.node;
  if (operation.kind == Kind::remove) entries.erase(operation.name);
  if (operation.kind == Kind::rename) {
    const auto old = entries.find(operation.name);
    if (old != entries.end() && old->second == operation.node) entries.erase(old);
    nodes[operation.to_folder].entries[operation.to_name] = operation.node;
  }
}

void CrashStates::apply_data(const Operation& operation, Fate fate, const Choice& choice,
                             FileBytes& file) {
  if (fate == Fate::drop) return;
  const std::string_view bytes = operation.bytes;
  const u64 size = operation.kind == Kind::extend ? operation.count : bytes.size();
  const u64 end = operation.offset + size;
  const u64 old_size = file.size;
  if (fate == Fate::cut) return file.write(operation.offset, bytes.substr(0, choice.cut));
  file.size = std::max(file.size, end);
  if (operation.kind == Kind::extend || fate == Fate::zeros) return;
  if (fate == Fate::keep) return file.write(operation.offset, bytes);
  if (fate == Fate::garbage) {
    const u64 from = std::max(old_size, operation.offset);
    std::string noise(usize(end > from ? end - from : 0), '\0');
    for (char& c : noise) c = char(random_());
    if (!noise.empty()) file.write(from, noise);
    return;
  }
  for (u64 at = operation.offset; at < end;) {
    const u64 next = std::min((at / choice.block + 1) * choice.block, end);
    const std::string_view piece = bytes.substr(at - operation.offset, next - at);
    if (random_() % 2 == 0) file.write(at, piece);
    at = next;
  }
}

void CrashStates::fill_volatile(CrashState& state) {
  const u64 fate = random_() % 3;
  if (fate == 0 || record_.volatile_files.empty()) return;  // zeros
  const std::map<std::string, std::string>* newest = nullptr;
  for (const auto& [first, files] : record_.volatile_files) {
    if (first <= point_) newest = &files;
  }
  if (newest == nullptr) return;
  for (auto& [path, file] : state.files) {
    const auto found = newest->find(path);
    if (found == newest->end()) continue;
    file.bytes = found->second;
    file.size = std::max<u64>(file.size, file.bytes.size());
    for (u64 at = 0; fate == 2 && at < file.bytes.size(); at += page) {
      if (random_() % 4 == 0) file.bytes.replace(at, page, std::string(page, '\0'));
    }
    file.bytes.resize(usize(std::min<u64>(file.bytes.size(), file.size)));
  }
}

}  // namespace shale::testing
