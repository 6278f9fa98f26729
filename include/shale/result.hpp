// Result<T>: a value or an Error that nobody can drop unseen.
//
// Member names are those of std::expected, so that code written against it reads the same; the
// type is our own because C++20 has none and an alias would split the ABI by language mode.
// Every public call that can fail returns one. Works with -fno-exceptions, where value() on an
// error ends the program instead of throwing.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#if defined(__GNUC__)
#define SHALE_API __attribute__((visibility("default")))
#else
#define SHALE_API
#endif

namespace shale {

// What went wrong, in the classes a caller can act on. The program's exit status follows it.
enum class ErrorCode : std::uint8_t {
  invalid_argument,  // the caller's input: an id too long, a query field of the wrong kind
  not_found,         // no store, no project at that path
  corrupt,           // bytes on disk fail a check: path and offset say where
  busy,              // a lock was not had in time: pid says who holds it
  io,                // the system refused: errno_value says how
  no_space,          // disk or quota full; nothing acknowledged is lost
  too_new,           // written by a newer version of shale; left untouched
  read_only,         // a write to a store that can only be read
  cancelled,         // a stop token or callback ended the call
  conflict,          // what a batch was made from has changed (Batch::require_unchanged_since)
};

// One failure: class, sentence, and the place. A value like any other: copy it, keep it.
struct Error : public std::exception {
  ErrorCode code = ErrorCode::io;
  std::string message;       // a whole sentence, for people
  std::string path;          // file or folder concerned, or empty
  std::uint64_t offset = 0;  // byte in `path`, where that means something
  int errno_value = 0;       // errno of the failed system call, or 0
  std::int64_t pid = 0;      // of the holder of a lock (ErrorCode::busy), or 0

  Error() = default;
  Error(ErrorCode c, std::string text) : code(c), message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
};

// An Error on its way into a Result.
struct Unexpected {
  Error error;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected unexpected) : state_(std::in_place_index<1>, std::move(unexpected.error)) {}
  template <class U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Unexpected>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // The value; on an error throws it (or ends the program where exceptions are off).
  T& value() & { return check(), *std::get_if<0>(&state_); }
  const T& value() const& { return check(), *std::get_if<0>(&state_); }
  T&& value() && { return check(), std::move(*std::get_if<0>(&state_)); }

  // Undefined without a value, as for std::expected: ask first.
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  // Undefined on a value.
  Error& error() & noexcept { return *std::get_if<1>(&state_); }
  const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return Unexpected{std::move(*this).error()};
    return std::forward<F>(next)(*std::move(*this));
  }
  template <class F>
  auto transform(F&& next) && -> Result<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return Unexpected{std::move(*this).error()};
    return std::forward<F>(next)(*std::move(*this));
  }

 private:
  void check() const {
    if (has_value()) return;
#if defined(__cpp_exceptions)
    throw Error(*std::get_if<1>(&state_));
#else
    std::fprintf(stderr, "shale: %s\n", std::get_if<1>(&state_)->what());
    std::abort();
#endif
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  Result() noexcept {}  // if it were defaulted, `return {}` would clear room for an error each time
  Result(Unexpected unexpected) : error_(std::move(unexpected.error)) {}

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  void operator*() const noexcept {}
  void value() const {
    if (has_value()) return;
#if defined(__cpp_exceptions)
    throw Error(*error_);
#else
    std::fprintf(stderr, "shale: %s\n", error_->what());
    std::abort();
#endif
  }
  // Undefined on a value.
  Error& error() & noexcept { return *error_; }
  const Error& error() const& noexcept { return *error_; }
  Error&& error() && noexcept { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace shale
