#include "base/error.hpp"

#include <cerrno>
#include <memory>

#include "base/shortage.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

Result<int> half_of(int value) {
  if (value % 2 != 0) return fail(ErrorCode::invalid_argument, "odd");
  return value / 2;
}

Result<int> quarter_of(int value) {
  const int half = TRY(half_of(value));
  return TRY(half_of(half));
}

Result<void> check_even(int value) {
  TRY(half_of(value));
  return {};
}

Result<std::unique_ptr<int>> boxed(int value) { return std::make_unique<int>(TRY(half_of(value))); }

TEST_CASE("TRY hands on the value or the error") {
  CHECK(quarter_of(12).value() == 3);
  const Result<int> failed = quarter_of(6);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::invalid_argument);
  CHECK(failed.error().message == "odd");
}

TEST_CASE("TRY works for Result<void> and for values that only move") {
  CHECK(check_even(2));
  CHECK_FALSE(check_even(3));
  CHECK(*boxed(4).value() == 2);
  CHECK_FALSE(boxed(5).has_value());
}

TEST_CASE("value() of an error throws it") {
  CHECK_THROWS_AS(half_of(1).value(), Error);
  CHECK_THROWS_AS(check_even(1).value(), Error);
  CHECK_NOTHROW(check_even(2).value());
}

TEST_CASE("and_then, transform and value_or pass an error through") {
  const auto add_one = [](int v) { return v + 1; };
  CHECK(half_of(8).transform(add_one).value() == 5);
  CHECK_FALSE(half_of(7).transform(add_one));
  CHECK(half_of(8).and_then(half_of).value() == 2);
  CHECK_FALSE(half_of(6).and_then(half_of));
  CHECK(half_of(7).value_or(-1) == -1);
  CHECK(half_of(8).value_or(-1) == 4);
}

TEST_CASE("fail_at names the place") {
  const Result<int> result = fail_at(ErrorCode::corrupt, "bad sum", "a.shard", 4096);
  CHECK(result.error().path == "a.shard");
  CHECK(result.error().offset == 4096);
  CHECK(std::string(result.error().what()) == "bad sum");
}

TEST_CASE("what this process is out of says nothing of the file") {
  const auto of = [](int value) {
    return is_shortage(fail_errno("cannot open", "p", value).error);
  };
  for (const int value : {EMFILE, ENFILE, ENOMEM}) CHECK(of(value));
  for (const int value : {EIO, ENOENT, EACCES, ENOSPC, ENODEV, 0}) CHECK_FALSE(of(value));
}

TEST_CASE("fail_errno classifies what the system says") {
  const auto code_of = [](int value) { return fail_errno("w", "p", value).error.code; };
  CHECK(code_of(ENOSPC) == ErrorCode::no_space);
  CHECK(code_of(EDQUOT) == ErrorCode::no_space);
  CHECK(code_of(EFBIG) == ErrorCode::no_space);
  CHECK(code_of(EROFS) == ErrorCode::read_only);
  CHECK(code_of(EACCES) == ErrorCode::read_only);
  CHECK(code_of(ENOENT) == ErrorCode::not_found);
  CHECK(code_of(ENOTDIR) == ErrorCode::not_found);
  CHECK(code_of(EIO) == ErrorCode::io);
  const Error error = fail_errno("cannot frob", "x", ENOSPC).error;
  CHECK(error.errno_value == ENOSPC);
  CHECK(error.path == "x");
  CHECK(error.message == "cannot frob: No space left on device");
}

}  // namespace
}  // namespace shale
