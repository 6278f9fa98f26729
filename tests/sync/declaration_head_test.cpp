#include "sync/declaration_head.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::sync;

namespace {

// "role kind name", as short as it goes: `type class Foo`, `function f`, `none`.
std::string what(Language language, std::string_view head, bool in_type = false) {
  const Head found = read_head(head, language, in_type);
  switch (found.role) {
    case Head::Role::none:
      return "none";
    case Head::Role::continuation:
      return "continuation";
    case Head::Role::transparent:
      return "transparent";
    case Head::Role::type:
      return "type " + std::string(found.kind) + ' ' + found.name;
    case Head::Role::opaque:
      break;
  }
  return std::string(found.kind) + ' ' + found.name;
}

std::string cpp(std::string_view head) { return what(Language::cpp, head); }
std::string js(std::string_view head) { return what(Language::javascript, head); }
std::string rust(std::string_view head) { return what(Language::rust, head); }
std::string go(std::string_view head) { return what(Language::go, head); }
std::string java(std::string_view head) { return what(Language::java, head, true); }
std::string kotlin(std::string_view head) { return what(Language::kotlin, head); }

}  // namespace

TEST_CASE("declaration head: functions of C and C++") {
  CHECK(cpp("static int f(int a, char (*b)(int)) ") == "function f");
  CHECK(cpp("struct foo *bar(void)\n") == "function bar");
  CHECK(cpp("Result<Committed> Project::commit(const Batch& batch) const ") ==
        "function Project::commit");
  CHECK(cpp("template <class T, int N = (3 > 2)>\nFoo<T>::Foo(int x)") == "function Foo::Foo");
  CHECK(cpp("Foo::~Foo() ") == "function Foo::~Foo");
  CHECK(cpp("bool operator==(const A& a) const ") == "function operator==");
  CHECK(cpp("void A::operator()(int x) ") == "function A::operator()");
  CHECK(cpp("operator bool() const ") == "function operator bool");
  CHECK(cpp("[[nodiscard]] auto f(int x) -> decltype(g(x)) ") == "function f");
  CHECK(cpp("void f() noexcept(noexcept(g())) ") == "function f");
  CHECK(cpp("// comment(\n/* other( */ int f()") == "function f");
  CHECK(cpp("void f(std::function<void(int)> g = {}) ") == "function f");
  CHECK(cpp("#ifdef A\nint f(int a)\n#else\nint g()\n#endif\n") == "function f");
}

TEST_CASE("declaration head: attributes and macros of C") {
  CHECK(cpp("static __printf(1, 2) void f(char *s, ...)\n") == "function f");
  CHECK(cpp("int __init f(void)\n") == "function f");
  CHECK(cpp("void f(void) __acquires(x)\n") == "function f");
  CHECK(cpp("static struct __attribute__((packed)) foo *f(void)") == "function f");
  CHECK(cpp("API_CALL(int) f(int a)\n") == "function f");
  CHECK(cpp("SYSCALL_DEFINE3(read, unsigned int, fd, char *, b)\n") ==
        "function SYSCALL_DEFINE3(read)");
  CHECK(cpp("TEST(Suite,\n     Name) ") == "function TEST(Suite, Name)");
  CHECK(cpp("TEST_CASE(\"a, b (c)\", \"[x]\") ") == "function TEST_CASE(\"a, b (c)\")");
  CHECK(cpp("MAIN() ") == "function MAIN()");
}

TEST_CASE("declaration head: types of C and C++") {
  CHECK(cpp("class Foo final : public Bar<int> ") == "type class Foo");
  CHECK(cpp("template <> struct hash<Foo> ") == "type struct hash");
  CHECK(cpp("class EXPORT Foo ") == "type class Foo");
  CHECK(cpp("class EXPORT(x) Foo ") == "type class Foo");
  CHECK(cpp("struct __attribute__((packed)) foo ") == "type struct foo");
  CHECK(cpp("union u ") == "type union u");
  CHECK(cpp("struct A::B ") == "type struct A::B");
  CHECK(cpp("typedef struct ") == "type struct ");
  CHECK(cpp("enum class E : u8 ") == "enum E");
  CHECK(cpp("enum ") == "enum ");
  CHECK(cpp("namespace a::b ") == "transparent");
  CHECK(cpp("inline namespace ") == "transparent");
  CHECK(cpp("extern \"C\" ") == "transparent");
  CHECK(cpp("extern \"C\" int f(void) ") == "function f");
}

TEST_CASE("declaration head: variables, blocks, and braces that belong to the head") {
  CHECK(cpp("static const struct ops foo_ops[] __initdata = ") == "variable foo_ops");
  CHECK(cpp("auto f = [](int x) ") == "variable f");
  CHECK(cpp("bool b = x == ") == "variable b");
  CHECK(cpp("int a_") == "none");
  CHECK(cpp("if (x) ") == "none");
  CHECK(cpp("else ") == "none");
  CHECK(cpp("while (x) f(y) ") == "none");
  CHECK(cpp("") == "none");
  CHECK(cpp("Foo::Foo(int x) : a_") == "continuation");
  CHECK(cpp("Foo::Foo(int x) : a_{x}, b_") == "continuation");
  CHECK(cpp("Foo::Foo(int x) : Base<T>") == "continuation");
  CHECK(cpp("Foo::Foo(int x) : a_{x}, b_(x) ") == "function Foo::Foo");
}

TEST_CASE("declaration head: JavaScript and TypeScript") {
  CHECK(js("export default async function main(a: number): Promise<void> ") == "function main");
  CHECK(js("function* gen() ") == "function gen");
  CHECK(js("export default function () ") == "function default");
  CHECK(js("const App: React.FC<Props> = ({ name }) => ") == "function App");
  CHECK(js("exports.a.b = function (x) ") == "function exports.a.b");
  CHECK(js("const table = ") == "variable table");
  CHECK(js("const A = class extends B ") == "type class A");
  CHECK(js("@Component({a: 1})\nexport class Foo<T> extends Bar<T> implements Baz ") ==
        "type class Foo");
  CHECK(js("export default class extends B ") == "type class default");
  CHECK(js("export interface Props extends Q ") == "interface Props");
  CHECK(js("export type T = ") == "type T");
  CHECK(js("enum Color ") == "enum Color");
  CHECK(js("declare namespace N ") == "type namespace N");
  CHECK(js("import ") == "none");
  CHECK(js("foo(x) ") == "none");
  CHECK(js("if (x) ") == "none");
  CHECK(js("function f(): ") == "continuation");
  CHECK(what(Language::javascript, "async get<T>(url: string): Promise<T> ", true) ==
        "function get");
  CHECK(what(Language::javascript, "static #priv() ", true) == "function #priv");
  CHECK(what(Language::javascript, "arrow = async (x) => ", true) == "function arrow");
}

TEST_CASE("declaration head: Rust") {
  CHECK(rust("pub(crate) async unsafe fn f<'a, T: Fn(u8) -> u8>(x: &'a T) -> u8 where T: X ") ==
        "function f");
  CHECK(rust("impl<'a, T: Foo<U>> Bar<'a, T> where T: Debug ") == "type impl impl Bar");
  CHECK(rust("unsafe impl<T> fmt::Display for &mut Foo<T> ") ==
        "type impl impl fmt::Display for Foo");
  CHECK(rust("impl<F: Fn(u8) -> u8> Foo for F ") == "type impl impl Foo for F");
  CHECK(rust("#[derive(Debug)]\npub struct Foo<T> where T: X ") == "struct Foo");
  CHECK(rust("pub trait Shape: Send ") == "type trait Shape");
  CHECK(rust("mod tests ") == "type module tests");
  CHECK(rust("macro_rules! my_vec ") == "macro my_vec");
  CHECK(rust("extern \"C\" ") == "transparent");
  CHECK(rust("pub extern \"C\" fn f() ") == "function f");
  CHECK(rust("static X: Foo = Foo ") == "variable X");
  CHECK(rust("use std::") == "none");
}

TEST_CASE("declaration head: Go") {
  CHECK(go("func main() ") == "function main");
  CHECK(go("func (s *Stack[T]) Push(v T) ") == "function Stack.Push");
  CHECK(go("func (Stack) Len() int ") == "function Stack.Len");
  CHECK(go("func Map[K comparable, V any](m map[K]V) ") == "function Map");
  CHECK(go("func f() interface") == "continuation");
  CHECK(go("func f() chan struct") == "continuation");
  CHECK(go("type Foo struct ") == "type Foo");
  CHECK(go("var table = map[string]int") == "variable table");
}

TEST_CASE("declaration head: Java, C# and Kotlin") {
  CHECK(java("@Override public <U> List<U> foo(Map<String, ? extends U> m) throws E ") ==
        "function foo");
  CHECK(java("@a.b.Foo(x = \"(\") public A(int x) ") == "function A");
  CHECK(java("public class A<T extends C<T>> extends B implements D ") == "type class A");
  CHECK(java("record P(int a, int b) ") == "type class P");
  CHECK(java("public @interface Ann ") == "type interface Ann");
  CHECK(java("private static final int[] XS = ") == "variable XS");
  CHECK(java("static ") == "none");
  CHECK(what(Language::csharp, "[Attr(1)] public async Task<int> Foo<T>(T t) where T : class ",
             true) == "function Foo");
  CHECK(what(Language::csharp, "namespace A.B ") == "transparent");
  CHECK(what(Language::csharp, "public int X ", true) == "none");
  CHECK(kotlin("fun <T> List<T>.ext(a: String): a.b.C ") == "function List.ext");
  CHECK(kotlin("fun f(): Int = when (x) ") == "function f");
  CHECK(kotlin("data class P(val x: Int) : B(x) ") == "type class P");
  CHECK(kotlin("val lazyX by lazy ") == "none");
}

TEST_CASE("declaration head: of a long one the begin is read") {
  const std::string longer = "void f(" + std::string(100'000, 'x') + ") ";
  CHECK(cpp(longer) == "function f");
  CHECK(cpp("int " + std::string(100'000, 'x') + " f() ") == "none");
  CHECK(cpp(std::string(100'000, '<')) == "none");
  CHECK(cpp("a" + std::string(100'000, '(')) == "function a");
}
