// A small file in each language that is cut by symbols or headings, with what is hard to read in
// it: literals with braces, generics, decorators, branches. Shared by the tests of chunking.
#pragma once

#include <array>
#include <string_view>

namespace shale::testing {

struct SourceSample {
  std::string_view path;
  std::string_view text;
};

inline constexpr std::string_view rust_sample = R"~~(//! Crate docs
use std::{fmt, io};
use std::collections::HashMap;

#[derive(Debug, Clone)]
pub struct Foo<'a, T: 'a> where T: fmt::Debug {
    name: &'a str,
    c: char,
}

/// Docs of impl
impl<'a, T> Foo<'a, T> where T: fmt::Debug {
    pub(crate) fn new(name: &'a str) -> Self { Foo { name, c: '{' } }
    fn quote(&self) -> char { '\'' }
}

impl<T> fmt::Display for Foo<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", r#"a "quoted" { "#)
    }
}

macro_rules! my_vec {
    ($($x:expr),*) => { { let mut v = Vec::new(); $(v.push($x);)* v } };
}

pub trait Shape { fn area(&self) -> f64; }
pub enum E { A, B { x: i32 } }
const TABLE: [u8; 3] = [1, 2, 3];
static NAMES: &[&str] = &["a"];
extern "C" { fn puts(s: *const u8) -> i32; }
pub extern "C" fn exported(x: i32) -> i32 { x }
async fn go() {}
unsafe fn danger<F: Fn(u8) -> u8>(f: F) {}
/* nested /* comment { */ still */
#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn works() { assert_eq!(1, 1); }
}
)~~";

inline constexpr std::string_view go_sample = R"~~(package main

import (
	"fmt"
	"os"
)

type Stack[T any] struct {
	items []T
}

// Push adds.
func (s *Stack[T]) Push(v T) {
	s.items = append(s.items, v)
}

func (s Stack[T]) Len() int { return len(s.items) }

var table = map[string]int{
	"a": 1,
}

func plain(a interface{}) (x int, err error) {
	fmt.Println(`raw { string`, '}', "x")
	return
}
func ret() interface{} {
	return nil
}
func chanret() chan struct{} {
	return nil
}

type I interface {
	Foo() int
}

const x = 3
func Map[K comparable, V any](m map[K]V) {
}

func main() {
	os.Exit(0)
}
)~~";

inline constexpr std::string_view typescript_sample = R"~~(import { a, b } from './x';
export interface Props { name: string; onClick?: () => void }
export type T = { a: number } | null;
const PI = 3.14

export const App: React.FC<Props> = ({ name }) => {
  const re = /[{}/]+/g;
  return <div className="x">{name}</div>;
};

export default function main(a: number): { x: number } {
  return { x: `t ${a + `${`}`}`} }` };
}

@Component({ selector: 'x' })
export class Foo extends Bar<T> implements Baz {
  private x = 1
  static y: number = 2;
  constructor(private a: string) { super(); }
  async get<T>(url: string): Promise<T> {
    return await fetch(url) as T;
  }
  get value() { return this.x }
  #priv() { return a / b / c }
  arrow = async (x: number) => {
    return x
  }
}

module.exports.helper = function (x) { return x }
function* gen() { yield 1 }
enum Color { Red, Green }
namespace Util { export function f() {} }
export abstract class A {
  abstract foo(): void
}
describe('x', () => {
  it('y', () => {})
})
export const q = async function named() {}
let obj = { a: 1, b() { return 2 } }
)~~";

inline constexpr std::string_view java_sample = R"~~(package x.y;
import java.util.*;

/** Doc { */
@Service("a{b")
public class A<T extends Comparable<T>> extends B implements C, D {
    private static final int[] XS = {1, 2, 3};
    private final Map<String, List<T>> map = new HashMap<>() {{ put("a", null); }};

    /** ctor */
    public A(int x) { super(x); }

    @Override
    public <U> List<U> foo(Map<String, ? extends U> m, char c) throws IOException, Foo {
        if (c == '{') { return null; }
        String t = """
            text { "block"
            """;
        return null;
    }
    static { init(); }
    enum Kind { X, Y; int v() { return 1; } }
    interface In { void z(); }
    record P(int a, int b) { int s() { return a + b; } }
}
@interface Ann { int value() default 3; }
)~~";

inline constexpr std::string_view csharp_sample = R"~~(using System;
namespace Foo.Bar
{
    [Serializable]
    public class A : B, IC
    {
        public int X { get; set; } = 3;
        private readonly string s = @"c:\"; 
        public A(int x) : base(x) { }
        public async Task<int> Foo<T>(T t) where T : class, new()
        {
            var s = $"{t} }}";
            return 1;
        }
        public int Y => 3;
    }
    public enum E { A, B }
    struct S { int x; }
}
)~~";

inline constexpr std::string_view kotlin_sample = R"~~(package a
import b.*

data class P(val x: Int, val y: Int)
@Foo
class A(val x: Int) : B(x), C {
    val lazyX by lazy { 3 }
    fun foo(a: String = "x{"): Int {
        return """a " { """.length
    }
    companion object {
        const val Z = 3
        fun make() = A(1)
    }
}
fun String.ext(): Int = when (this) {
    "a" -> 1
    else -> 2
}
fun <T> gen(x: T): T {
    return x
}
object Single { fun f() {} }
)~~";

inline constexpr std::string_view python_sample = R"~~(#!/usr/bin/env python3
"""Docs
def not_a_function():
"""
import os
X = {
    "a": 1,
}

@decorator(
    "x",
)
# comment
async def foo(a,
              b="""
def inner():
"""):
    def nested():
        pass
    return nested

class A(B):
    """Doc."""
    x = 1

    # about m
    @property
    def m(self): return 'a\'b'

    class Inner:
        def z(self):
            pass
    async def n(self):
        s = f"{x!r}"
# trailing

if True:
    def cond():
        pass
else:
    def cond():
        pass

if __name__ == "__main__":
    main()
)~~";

inline constexpr std::string_view cpp_sample = R"~~(#include <x>
namespace a::b {
template <typename T, int N = (3 > 2)>
class Foo : public Base<T> {
 public:
  Foo() : a_{1}, b_(2), c_{} { run(); }
  ~Foo() override { }
  bool operator==(const Foo& o) const { return a_ == o.a_; }
  void operator()(int x) { }
  operator bool() const { return true; }
  int a_{0};
};
template <class T>
Foo<T>::Foo(int x)
    : a_(x),
      b_{x} {
  auto s = R"x(
}
)" )x";
  int n = 1'000'000; char c = '}';
}
template <> void Foo<int>::bar<3>() const noexcept(true) {}
extern "C" {
int c_func(void) { return 0; }
}
static const std::vector<int> xs = {
  1, 2, 3 };
auto lam = [](int x) { return x; };
enum class E : int { a, b };
[[nodiscard]] auto trailing(int x) -> decltype(x) { return x; }
std::ostream& operator<<(std::ostream& o, const E& e) { return o; }
TEST_CASE("foo: bar, baz", "[x]") { CHECK(1); }
TEST(Suite, Name) { }
struct __attribute__((packed)) P { int x; };
typedef struct { int x; } Q;
#ifdef A
int branch(int a) {
#else
int branch(int b) {
#endif
  return 1;
}
int broken() {
  if (x) {
}
int after() {
  return 1;
}
int *(fnptr)(int x) { }
std::unique_ptr<int> Foo::make(std::function<void(int)> f = {}) { }
}  // namespace a::b
)~~";

inline constexpr std::string_view markdown_sample = R"~~(---
title: x
# no heading
---

# Title
intro
## Sub `code`
```sh
# comment
```
Setext
------
- list
---
)~~";

inline constexpr std::string_view restructured_sample = R"~~(.. _label:

=====
Title
=====

Sub
---

text::

    code
    ----
)~~";

inline constexpr auto source_samples = std::to_array<SourceSample>({
    {"a.rs", rust_sample},
    {"a.go", go_sample},
    {"a.ts", typescript_sample},
    {"A.java", java_sample},
    {"a.cs", csharp_sample},
    {"a.kt", kotlin_sample},
    {"a.py", python_sample},
    {"a.cpp", cpp_sample},
    {"a.mdc", markdown_sample},
    {"a.rst", restructured_sample},
});

}  // namespace shale::testing
