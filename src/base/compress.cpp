#include "base/compress.hpp"

// The magicless format, full dictionaries only and fastCover belong to zstd's static interface,
// which Debian's shared library exports as well.
#define ZSTD_STATIC_LINKING_ONLY
#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>
#include <zstd.h>

#include <new>
#include <numeric>

namespace shale {

namespace {

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
};
using CompressContext = std::unique_ptr<ZSTD_CCtx, FreeContext>;
using DecompressContext = std::unique_ptr<ZSTD_DCtx, FreeContext>;
using CompressDictionary = std::unique_ptr<ZSTD_CDict, FreeContext>;

// Bytes without the magic number would be taken for raw content, which loses on size and speed
// (LAYOUT A1): shale has no use for them and calls them damaged.
bool is_trained(Bytes dictionary) {
  return dictionary.size() >= 8 && load<u32>(dictionary.data()) == ZSTD_MAGIC_DICTIONARY;
}

// The four parameters that make a frame ours; 0 or zstd's error.
usize set_frame_parameters(ZSTD_CCtx* context, int level, bool plain_literals) {
  const struct {
    ZSTD_cParameter name;
    int value;
  } settings[] = {
      {ZSTD_c_compressionLevel, level},
      {ZSTD_c_format, ZSTD_f_zstd1_magicless},
      {ZSTD_c_contentSizeFlag, 0},
      {ZSTD_c_checksumFlag, 0},
      {ZSTD_c_dictIDFlag, 0},
      {ZSTD_c_literalCompressionMode, plain_literals ? ZSTD_ps_disable : ZSTD_ps_auto},
  };
  for (const auto& [name, value] : settings) {
    const usize answer = ZSTD_CCtx_setParameter(context, name, value);
    if (ZSTD_isError(answer)) return answer;
  }
  return 0;
}

std::string zstd_sentence(const char* what, usize answer) {
  return std::string(what) + ": " + ZSTD_getErrorName(answer);
}

}  // namespace

// By reference: a copy would cost more than the rest of it.
Result<std::unique_ptr<const DecompressDictionary>> DecompressDictionary::make(Bytes dictionary) {
  if (!is_trained(dictionary)) return fail(ErrorCode::corrupt, "not a zstd dictionary");
  void* const handle = ZSTD_createDDict_advanced(
      dictionary.data(), dictionary.size(), ZSTD_dlm_byRef, ZSTD_dct_fullDict, ZSTD_defaultCMem);
  if (handle == nullptr) return fail(ErrorCode::corrupt, "a damaged zstd dictionary");
  return std::unique_ptr<const DecompressDictionary>(new DecompressDictionary(handle));
}

DecompressDictionary::~DecompressDictionary() { ZSTD_freeDDict(static_cast<ZSTD_DDict*>(handle_)); }

struct Compressor::State {
  CompressContext context;
  CompressDictionary dictionary;
  Buffer room;  // where a frame is built before it is appended: no growth to the worst case
};

Result<Compressor> Compressor::make(Bytes dictionary, int level, bool plain_literals) {
  Compressor result;
  result.state_ = std::make_unique<State>();
  State& state = *result.state_;
  state.context.reset(ZSTD_createCCtx());
  if (!state.context) throw std::bad_alloc();
  const usize answer = set_frame_parameters(state.context.get(), level, plain_literals);
  if (ZSTD_isError(answer)) {
    return fail(ErrorCode::invalid_argument, zstd_sentence("cannot set up zstd", answer));
  }
  if (dictionary.empty()) return result;
  if (!is_trained(dictionary)) return fail(ErrorCode::corrupt, "not a zstd dictionary");
  // Made by level, not by parameters of our own: those it picks for small texts are the better.
  state.dictionary.reset(ZSTD_createCDict(dictionary.data(), dictionary.size(), level));
  if (!state.dictionary) return fail(ErrorCode::corrupt, "a damaged zstd dictionary");
  const usize taken = ZSTD_CCtx_refCDict(state.context.get(), state.dictionary.get());
  if (ZSTD_isError(taken)) {
    return fail(ErrorCode::invalid_argument, zstd_sentence("cannot use the dictionary", taken));
  }
  return result;
}

Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

Result<usize> Compressor::append_frame(Bytes text, Buffer& out) {
  Buffer& room = state_->room;
  const usize bound = ZSTD_compressBound(text.size());
  if (room.size() < bound) room.resize(bound);
  const usize length =
      ZSTD_compress2(state_->context.get(), room.data(), room.size(), text.data(), text.size());
  if (ZSTD_isError(length)) return fail(ErrorCode::io, zstd_sentence("cannot compress", length));
  out.insert(out.end(), room.begin(), room.begin() + std::ptrdiff_t(length));
  return length;
}

struct Decompressor::State {
  DecompressContext context;
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {
  state_->context.reset(ZSTD_createDCtx());
  if (!state_->context) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(state_->context.get(), ZSTD_d_format, ZSTD_f_zstd1_magicless);
}

Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

Result<void> Decompressor::unpack(Bytes frame, MutableBytes out,
                                  const DecompressDictionary* dictionary) {
  // The first byte of every frame we write is a descriptor without size, checksum and dictionary
  // id. Refusing others here also keeps damaged bytes away from zstd's detection of skippable and
  // legacy frames, which looks for their magic numbers even in the magicless format.
  if (frame.empty() || frame[0] != std::byte(0)) {
    return fail(ErrorCode::corrupt, "a text frame does not begin like one");
  }
  const auto* handle = dictionary ? static_cast<const ZSTD_DDict*>(dictionary->handle()) : nullptr;
  const usize length = ZSTD_decompress_usingDDict(state_->context.get(), out.data(), out.size(),
                                                  frame.data(), frame.size(), handle);
  if (ZSTD_isError(length)) {
    return fail(ErrorCode::corrupt, zstd_sentence("cannot unpack a text frame", length));
  }
  if (length != out.size()) {
    return fail(ErrorCode::corrupt, "a text frame holds " + std::to_string(length) +
                                        " bytes, expected " + std::to_string(out.size()));
  }
  return {};
}

Buffer train_dictionary(Bytes sample_bytes, std::span<const usize> samples,
                        usize dictionary_bytes) {
  const usize total = std::accumulate(samples.begin(), samples.end(), usize(0));
  if (samples.empty() || total > sample_bytes.size()) return {};
  ZDICT_fastCover_params_t parameters = {};
  parameters.k = 512;
  parameters.d = 8;
  parameters.f = 20;
  parameters.steps = 1;
  parameters.accel = 3;
  parameters.zParams.compressionLevel = 3;
  Buffer dictionary(dictionary_bytes);
  const usize length = ZDICT_trainFromBuffer_fastCover(
      dictionary.data(), dictionary.size(), sample_bytes.data(), samples.data(),
      static_cast<unsigned>(samples.size()), parameters);
  if (ZDICT_isError(length)) return {};
  dictionary.resize(length);
  return dictionary;
}

}  // namespace shale
